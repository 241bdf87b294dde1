// The run-time constants of a variant; assemble() inserts the fields and the binding.
struct Sizes {
  FIELD: u32,
}
@group(0) @binding(15) var<uniform> sizes: Sizes;
