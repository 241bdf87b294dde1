/** Tests whose expected numbers the engine does not follow on purpose, with the reason. */
export const DIFFERENT: Readonly<Record<string, string>> = {
  test_resize_downsample_scales_cubic_align_corners:
    "align_corners counts whole elements, as onnxruntime and PyTorch do",
  test_resize_downsample_scales_linear_align_corners:
    "align_corners counts whole elements, as onnxruntime and PyTorch do",
};
