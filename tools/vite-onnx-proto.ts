/**
 * Vite plugin: of onnx-proto, a page needs the decoders of what src/weights reads. Encoders, verifiers and converters
 * from and to objects are two thirds of its code and static members of each class, which no bundler can prove unused; of
 * the rest, more than half is for fields that nothing reads. The decoders step over those as over unknown ones.
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

/** Functions of each class, but for decode(). The generator ends each with `};` at its own indent. */
const UNUSED =
  /^( +)\w+\.(?:prototype\.)?(?:create|encode|encodeDelimited|decodeDelimited|verify|fromObject|toObject|toJSON) = function [^]*?^\1};\n/gm;

/** Lines of the decoders that do nothing here: options no caller gives, arrays that the constructor has already made. */
const IDLE = [/^ +if \(properties\)\n.*\n.*\n.*\n/gm, /^ +if \(!\(message\.\w+ && message\.\w+\.length\)\)\n.*\n/gm];

/** Values of fields that a file leaves out, and which one of a group is there: src/weights minds both itself. */
const DEFAULTS = [/^ +\w+\.prototype\.\w+ = .*;\n/gm, /^ +var \$oneOfFields;\n[^]*?^ +}\);\n/gm];

/** A class or enum, inner ones first: `onnx.NAME = (function() { ... })();` */
const CLASSES = [
  /^( {8})\w+\.(\w+) = \(function\(\) \{\n[^]*?^\1}\)\(\);\n/gm,
  /^( {4})onnx\.(\w+) = \(function\(\) \{\n[^]*?^\1}\)\(\);\n/gm,
];

/** The text of onnx-proto/dist/onnx.js without what pages do not need. */
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

/** A CommonJS module needs helpers of the bundler's that an ES module does without. */
export function asModule(source: string): string {
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
