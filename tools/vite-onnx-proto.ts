/**
 * Vite plugin that keeps only the decoders of onnx-proto, and of these only the fields that src/weights reads. Encoders,
 * verifiers and converters are two thirds of its code; bundlers cannot remove them, because they are static members of each
 * class. More than half of the rest is for fields that nothing reads; the decoders skip these like unknown fields.
 */
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

/** Messages and their fields that src/weights reads. */
export const READ: Readonly<Record<string, string>> = {
  AttributeProto: "name refAttrName type f i s t floats ints strings",
  Dimension: "dimValue dimParam",
  FunctionProto: "name",
  GraphProto: "node initializer sparseInitializer input output",
  ModelProto: "irVersion producerName producerVersion graph opsetImport functions",
  NodeProto: "input output name opType attribute domain",
  OperatorSetIdProto: "domain version",
  Segment: "",
  SparseTensorProto: "values",
  StringStringEntryProto: "key value",
  Tensor: "elemType shape",
  TensorProto:
    "dims dataType segment floatData int32Data int64Data doubleData uint64Data name rawData externalData dataLocation",
  TensorShapeProto: "dim",
  TypeProto: "tensorType",
  ValueInfoProto: "name type",
};

/** Functions of each class except decode(). The generator ends each with `};` at the function's indent. */
const UNUSED =
  /^( +)\w+\.(?:prototype\.)?(?:create|encode|encodeDelimited|decodeDelimited|verify|fromObject|toObject|toJSON) = function [^]*?^\1};\n/gm;

/** Lines of the decoders without effect here: options that no caller passes, arrays that the constructor already creates. */
const IDLE = [/^ +if \(properties\)\n.*\n.*\n.*\n/gm, /^ +if \(!\(message\.\w+ && message\.\w+\.length\)\)\n.*\n/gm];

/** Defaults of absent fields, and getters of oneof groups; src/weights handles both itself. */
const DEFAULTS = [/^ +\w+\.prototype\.\w+ = .*;\n/gm, /^ +var \$oneOfFields;\n[^]*?^ +}\);\n/gm];

/** A class or enum, inner ones first: `onnx.NAME = (function() { ... })();` */
const CLASSES = [
  /^( {8})\w+\.(\w+) = \(function\(\) \{\n[^]*?^\1}\)\(\);\n/gm,
  /^( {4})onnx\.(\w+) = \(function\(\) \{\n[^]*?^\1}\)\(\);\n/gm,
];

/** The text of onnx-proto/dist/onnx.js without the code that pages do not need. */
export function decodersOnly(source: string): string {
  let text = source.replace(UNUSED, "");
  for (const idle of [...IDLE, ...DEFAULTS]) text = text.replace(idle, "");
  for (const pattern of CLASSES)
    text = text.replace(pattern, (block: string, _: string, name: string) => (name in READ ? block : ""));
  for (const [name, fields] of Object.entries(READ)) {
    const has = new Set(fields.split(" "));
    const keep = (lines: string, field: string): string => (has.has(field) ? lines : "");
    text = text
      .replace(new RegExp(`function ${name}\\(properties\\)[^]*?}`), (lines) =>
        lines.replace(/^ +this\.(\w+) = \[\];\n/gm, keep),
      )
      .replace(new RegExp(`\\b${name}\\.decode = function[^]*?return message;`), (lines) =>
        lines.replace(/^ +case \d+:\n(?:(?! +break;).*\n)*? .*\bmessage\.(\w+)[^]*? break;\n/gm, keep),
      );
  }
  const decoders = text.match(/\.decode = function/g) ?? [];
  if (decoders.length !== Object.keys(READ).length || text.length > source.length / 3)
    throw new Error("onnx-proto is not written as it was: adapt tools/vite-onnx-proto.ts, or leave the plugin out");
  return text;
}

/** Converts the CommonJS module to an ES module, which needs no helpers of the bundler. */
function asModule(source: string): string {
  return source
    .replace(/^var \$protobuf = require\("([^"]+)"\);$/m, 'import * as $$protobuf from "$1";')
    .replace(/, \$Writer = .*, \$util = .*;$/m, ";")
    .replace(/^module\.exports = (.*);$/m, "export default $1;");
}

export function onnxProtoDecoders(): Plugin {
  return {
    name: "onnx-proto-decoders",
    apply: "build",
    enforce: "pre",
    resolveId(id) {
      return id === "protobufjs/minimal"
        ? fileURLToPath(new URL("../src/weights/onnx/wire-reader.ts", import.meta.url))
        : null;
    },
    transform(code, id) {
      if (/onnx-proto[\\/]dist[\\/]onnx\.js(?:\?|$)/.test(id)) return { code: asModule(decodersOnly(code)), map: null };
      return null;
    },
  };
}
