/**
 * Vite plugin that keeps of each class of onnx-proto what decodes. Encoders, verifiers and converters are two thirds of its code, and bundlers
 * cannot remove them, because they are static members of each class.
 */
import type { Plugin } from "vite";

/** Functions of each class except decode(). The generator ends each with `};` at the function's indent. */
const UNUSED =
  /^( +)\w+\.(?:prototype\.)?(?:create|encode|encodeDelimited|decodeDelimited|verify|fromObject|toObject|toJSON) = function [^]*?^\1};\n/gm;

/** The text of onnx-proto/dist/onnx.js without the code that nothing here calls. */
export function decodersOnly(source: string): string {
  const text = source.replace(UNUSED, "");
  if (!/\.decode = function/.test(text) || /\.encode = function/.test(text))
    throw new Error("onnx-proto is not written as it was: adapt tools/vite-onnx-proto.ts, or leave the plugin out");
  return text;
}

export function onnxProtoDecoders(): Plugin {
  return {
    name: "onnx-proto-decoders",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      return /onnx-proto[\\/]dist[\\/]onnx\.js(?:\?|$)/.test(id) ? { code: decodersOnly(code), map: null } : null;
    },
  };
}
