/**
 * Vite plugin: of onnx-proto, a page needs the decoders only. Encoders, verifiers and converters from and to objects are
 * two thirds of its code and static members of each class, which no bundler can prove unused.
 */
import type { Plugin } from "vite";

const UNUSED = "create|encode|encodeDelimited|decodeDelimited|verify|fromObject|toObject|toJSON";

/** The text of onnx-proto/dist/onnx.js without them. Its generator ends each function with `};` at its own indent. */
export function decodersOnly(source: string): string {
  const pattern = new RegExp(`^( +)\\w+\\.(?:prototype\\.)?(?:${UNUSED}) = function [\\s\\S]*?^\\1};\\n`, "gm");
  const text = source.replace(pattern, "");
  if (text.length > source.length / 1.5)
    throw new Error("onnx-proto is not written as it was: adapt tools/vite-onnx-proto.ts, or leave the plugin out");
  return text;
}

export function onnxProtoDecoders(): Plugin {
  return {
    name: "onnx-proto-decoders",
    apply: "build",
    transform(code, id) {
      if (!/onnx-proto[\\/]dist[\\/]onnx\.js(?:\?|$)/.test(id)) return null;
      return { code: decodersOnly(code), map: null };
    },
  };
}
