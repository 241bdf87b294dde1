/**
 * Turns a shader file into the text of one variant: wgsl-preprocessor chooses `#if` branches, then named `const` and
 * `alias` lines are set, run-time sizes are declared, and `enable` lines for f16 and subgroups are put first.
 */
import { wgsl as preprocess } from "wgsl-preprocessor/wgsl-preprocessor.js";
import sizesLib from "../../shaders/lib/sizes.wgsl?raw";
import { KernelError } from "../base/errors";
import type { AnyKernel, Constants, KernelPlan } from "./kernel";

const CONDITIONAL = /^[ \t]*#(if|elif)[ \t]+(!?)(\w+)[ \t]*$/gm;

/** Runs the `#if NAME`, `#elif NAME`, `#if !NAME`, `#else` and `#endif` lines of a shader. */
export function chooseBranches(name: string, source: string, flags: Readonly<Record<string, boolean>>): string {
  const strings: string[] = [];
  const values: boolean[] = [];
  let last = 0;
  for (const match of source.matchAll(CONDITIONAL)) {
    const [line, keyword, not, flag] = match;
    const value = flags[flag!];
    if (value === undefined)
      throw new KernelError(name, `a value for #${keyword} ${flag}`, Object.keys(flags).join(", ") || "no flags");
    strings.push(`${source.slice(last, match.index)}#${keyword} `);
    values.push(not === "!" ? !value : value);
    last = match.index + line.length;
  }
  strings.push(source.slice(last));
  return preprocess(Object.assign(strings, { raw: strings }) as TemplateStringsArray, ...values);
}

/** The WGSL text of a value for a `const` or `alias` line. */
function literal(type: string | undefined, value: Constants[string]): string {
  if (typeof value === "object") {
    const element = /^array<(\w+)/.exec(type ?? "")?.[1];
    return `${type}(${value.map((item) => literal(element, item)).join(", ")})`;
  }
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  if (type === "f32" || type === "f16") return floatLiteral(value, type === "f16" ? "h" : "f");
  if (type === "u32") return `${value}u`;
  return String(value);
}

/** f32 literals must be finite: infinite bounds become the largest finite value. */
function floatLiteral(value: number, suffix: string): string {
  const max = suffix === "h" ? 65504 : 3.4028234663852886e38;
  const finite = Math.min(Math.max(value, -max), max);
  const text = String(finite);
  return /[.e]/.test(text) ? `${text}${suffix}` : `${text}.0${suffix}`;
}

/** Sets `const NAME: type = ...;` and `alias NAME = ...;` lines by name; each name must occur exactly once. */
export function setConstants(name: string, source: string, constants: Constants): string {
  let text = source;
  for (const [key, value] of Object.entries(constants)) {
    const pattern = new RegExp(
      `^([ \\t]*)(const|alias)([ \\t]+)${key}([ \\t]*:[ \\t]*([\\w<>, ]+?))?[ \\t]*=[^;]*;`,
      "gm",
    );
    const found = [...text.matchAll(pattern)];
    if (found.length !== 1) throw new KernelError(name, `one const or alias line named ${key}`, `${found.length}`);
    text = text.replace(
      pattern,
      (_line, indent, keyword, gap, annotation, type) =>
        `${indent}${keyword}${gap}${key}${annotation ?? ""} = ${literal(type, value)};`,
    );
  }
  return text;
}

type ShaderText = Pick<AnyKernel, "name" | "wgsl">;

interface RuntimeField {
  readonly name: string;
  readonly type: string;
}

/** The declared type of each run-time constant, in the plan's order. Throws KernelError where there is none. */
function runtimeFields(name: string, source: string, runtime: readonly string[]): RuntimeField[] {
  return runtime.map((constant) => {
    const type = new RegExp(`^[ \\t]*const[ \\t]+${constant}[ \\t]*:[ \\t]*(u32|i32|f32)\\b`, "m").exec(source)?.[1];
    if (type === undefined) throw new KernelError(name, `a const line of u32, i32 or f32 named ${constant}`, "none");
    return { name: constant, type };
  });
}

/** Turns run-time constants into fields of `var<uniform> sizes`. */
function declareRuntime(source: string, fields: readonly RuntimeField[], binding: number): string {
  const names = fields.map(({ name }) => name).join("|");
  const declarations = new RegExp(`^[ \\t]*const[ \\t]+(?:${names})[ \\t]*:[^;]*;`, "gm");
  const uses = new RegExp(`\\b(?:${names})\\b`, "g");
  const struct = sizesLib
    .replace(/^ *FIELD: ?u32,$/m, fields.map(({ name, type }) => `  ${name}: ${type},`).join("\n"))
    .replace("@binding(15)", `@binding(${binding})`);
  return `${source.replace(declarations, "").replace(uses, "sizes.$&")}\n${struct}`;
}

/** A cache of runtimeFields() by kernel and names, because many layers use the same ones. */
const known = new WeakMap<object, Map<string, readonly RuntimeField[]>>();

function fieldsOf(kernel: ShaderText, runtime: readonly string[]): readonly RuntimeField[] {
  let lists = known.get(kernel);
  if (!lists) known.set(kernel, (lists = new Map()));
  const key = runtime.join();
  let fields = lists.get(key);
  if (!fields) lists.set(key, (fields = runtimeFields(kernel.name, kernel.wgsl, runtime)));
  return fields;
}

/** The uniform buffer with a plan's run-time constants, or undefined when it has none. */
export function runtimeBytes(
  kernel: ShaderText,
  { runtime = {} }: Pick<KernelPlan, "runtime">,
): Uint8Array<ArrayBuffer> | undefined {
  const names = Object.keys(runtime);
  if (names.length === 0) return undefined;
  const view = new DataView(new ArrayBuffer(Math.ceil(names.length / 4) * 16));
  fieldsOf(kernel, names).forEach(({ name, type }, i) => {
    const value = runtime[name]!;
    if (type === "f32") view.setFloat32(4 * i, value, true);
    else view.setInt32(4 * i, value, true);
  });
  return new Uint8Array(view.buffer);
}

/** The binding of the run-time constants: the one after the kernel's own. */
export function runtimeBinding(kernel: Pick<AnyKernel, "bindings">): number {
  return Object.keys(kernel.bindings).length;
}

/** The complete WGSL of one variant of a kernel. */
export function assemble(kernel: AnyKernel, plan: Pick<KernelPlan, "constants" | "flags" | "runtime">): string {
  const chosen = chooseBranches(kernel.name, kernel.wgsl, plan.flags ?? {});
  const set = setConstants(kernel.name, chosen, plan.constants);
  const fields = runtimeFields(kernel.name, set, Object.keys(plan.runtime ?? {}));
  const text = fields.length > 0 ? declareRuntime(set, fields, runtimeBinding(kernel)) : set;
  const code = text.replace(/\/\/.*$/gm, "");
  const enables = [/\bf16\b/.test(code) && "enable f16;\n", /\bsubgroup\w*\(/.test(code) && "enable subgroups;\n"];
  return `${enables.filter(Boolean).join("")}// ${kernel.name}\n${text.replace(/\n{3,}/g, "\n\n")}`;
}
