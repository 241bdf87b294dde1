/**
 * Vite plugin: of onnx-proto, a page needs the decoders only. Encoders, verifiers and converters from and to objects are
 * two thirds of its code and static members of each class, which no bundler can prove unused.
 */
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const UNUSED = "create|encode|encodeDelimited|decodeDelimited|verify|fromObject|toObject|toJSON";

/** Lines of the decoders that do nothing here: options no caller gives, arrays that the constructor has already made. */
const IDLE = [
  /^ +if \(properties\)\n.*\n.*\n.*\n/gm,
  /^ +if \(!\(message\.\w+ && message\.\w+\.length\)\)\n.*\n/gm,
  /^ +\w+\.prototype\.\w+ = \$util\.emptyArray;\n/gm,
];

/** The text of onnx-proto/dist/onnx.js without them. Its generator ends each function with `};` at its own indent. */
export function decodersOnly(source: string): string {
  const pattern = new RegExp(`^( +)\\w+\\.(?:prototype\\.)?(?:${UNUSED}) = function [\\s\\S]*?^\\1};\\n`, "gm");
  let text = source.replace(pattern, "").replaceAll("$util.Long ? $util.Long.fromBits(0,0,false) : 0", "0");
  for (const idle of IDLE) text = text.replace(idle, "");
  if (text.length > source.length / 1.5)
    throw new Error("onnx-proto is not written as it was: adapt tools/vite-onnx-proto.ts, or leave the plugin out");
  return text;
}

export function onnxProtoDecoders(): Plugin {
  return {
    name: "onnx-proto-decoders",
    apply: "build",
    enforce: "pre",
    resolveId(id) {
      return id === "protobufjs/minimal"
        ? fileURLToPath(new URL("../src/weights/wire-reader.ts", import.meta.url))
        : null;
    },
    transform(code, id) {
      if (/onnx-proto[\\/]dist[\\/]onnx\.js(?:\?|$)/.test(id)) return { code: decodersOnly(code), map: null };
      return null;
    },
  };
}
