// The run-time constants of a variant; assemble() puts in its fields and its binding.
struct Sizes {
  FIELD: u32,
}
@group(0) @binding(15) var<uniform> sizes: Sizes;
