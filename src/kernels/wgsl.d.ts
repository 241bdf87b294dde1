declare module "wgsl-preprocessor/wgsl-preprocessor.js" {
  /** Template tag that runs #if/#elif/#else/#endif; each condition is the value after its keyword. */
  export function wgsl(strings: TemplateStringsArray, ...values: unknown[]): string;
}
