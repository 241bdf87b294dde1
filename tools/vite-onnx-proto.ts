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

/** What protobufjs brings that reading a file does not use; all are objects or functions that are only stored. */
const UNUSED_PARTS = /@protobufjs[\\/](?:aspromise|base64|eventemitter|inquire|pool)[\\/]index\.js(?:\?|$)/;

/** protobufjs/minimal without its writers and remote calls. */
const READER_ONLY = `
var reader = require("./reader");
exports.Reader = reader;
exports.BufferReader = require("./reader_buffer");
exports.Writer = function Writer() {};
exports.util = require("./util/minimal");
exports.roots = {};
exports.util._configure();
reader._configure(exports.BufferReader);
`;

export function onnxProtoDecoders(): Plugin {
  return {
    name: "onnx-proto-decoders",
    apply: "build",
    transform(code, id) {
      if (/onnx-proto[\\/]dist[\\/]onnx\.js(?:\?|$)/.test(id)) return { code: decodersOnly(code), map: null };
      if (/protobufjs[\\/]src[\\/]index-minimal\.js(?:\?|$)/.test(id)) return { code: READER_ONLY, map: null };
      // Optional packages (long, buffer) are looked for through inquire: none in a page.
      if (UNUSED_PARTS.test(id)) return { code: "module.exports = function () { return null; };", map: null };
      return null;
    },
  };
}
