/** Small ONNX files, so that a test reads as the model it is about. */
export * from "../tools/onnx-writer";
