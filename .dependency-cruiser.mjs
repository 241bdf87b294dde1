/** Who may import what: the layers, as rules. Run by test/layers.test.ts and `npm run layers`. */

/** Only what matches `to` (and the module's own folder) may be imported from `from`. */
function only(name, comment, from, to) {
  return { name, comment, severity: "error", from: { path: from }, to: { pathNot: to } };
}

/** What matches `to` may not be imported from `from`. */
function never(name, comment, from, to) {
  return { name, comment, severity: "error", from, to };
}

/**
 * The folders of src/, each with those that it may import from besides its own. Arrows run one way: entries -> element, node -> colorizer ->
 * session -> tuning -> gpu -> graph -> kernels -> base. worker is between element and colorizer, fallback between worker and colorizer.
 */
const LAYERS = {
  base: [],
  kernels: ["base"],
  weights: ["base"],
  graph: ["base", "kernels", "weights"],
  gpu: ["base", "kernels", "weights", "graph"],
  tuning: ["base", "kernels", "graph", "gpu"],
  session: ["base", "kernels", "weights", "graph", "gpu", "tuning"],
  image: ["base", "kernels", "weights", "graph", "gpu"],
  colorizer: ["base", "kernels", "weights", "graph", "gpu", "tuning", "session", "image"],
  fallback: ["base", "kernels", "weights", "gpu", "image", "colorizer"],
  worker: ["base", "kernels", "weights", "image", "colorizer", "fallback"],
  element: ["base", "kernels", "weights", "image", "colorizer", "worker"],
  node: ["base", "kernels", "weights", "graph", "gpu", "tuning", "image", "colorizer"],
};

/** What a folder may import from outside src/. */
const OUTSIDE = {
  element: ["package\\.json$"],
  tuning: ["package\\.json$"],
  kernels: ["shaders/", "node_modules/wgsl-preprocessor/"],
  weights: ["models/manifest\\.schema\\.json$", "node_modules/(@cfworker/json-schema|onnx-proto|protobufjs)/"],
};

const layers = Object.entries(LAYERS).map(([folder, below]) =>
  only(
    `layer-${folder}`,
    "Arrows run one way.",
    `^src/${folder}/`,
    `^(src/(${[folder, ...below].join("|")})/|${(OUTSIDE[folder] ?? (folder === "node" ? ["node_modules/", "package\\.json$", "(node:)?[a-z_/]+$"] : ["node_modules/@webgpu/types/"])).join("|")})`,
  ),
);

export default {
  forbidden: [
    never("no-cycles", "A cycle of modules has no order to read or test it in.", {}, { circular: true }),
    never("resolved", "Every import leads to a file or an installed package.", {}, { couldNotResolve: true }),
    ...layers,
    only("graph-ir", "The graph's language depends on nothing but the base.", "^src/graph/ir\\.ts$", "^src/base/"),
    never(
      "weights-end-at-import",
      "ONNX files, names and opsets go no further than graph/import.",
      { path: "^src/graph/(constants|ops|passes|lower)/" },
      { path: "^src/(weights|graph/import)/" },
    ),
    never(
      "ops-reach-others-as-a-value",
      "An op knows the graph and its kernels; import, passes and lowering are given it as part of the engine's value.",
      { path: "^src/graph/ops/" },
      { path: "^src/(weights|graph/(import|passes|lower))/" },
    ),
    never(
      "constants",
      "Elements and shapes, no ops.",
      { path: "^src/graph/constants/" },
      { path: "^src/(weights|kernels|graph/(import|ops|passes|lower))/" },
    ),
    never(
      "passes-before-kernels",
      "Passes turn graphs into graphs; kernels are lowering's.",
      { path: "^src/graph/passes/" },
      { path: "^src/(kernels|graph/lower)/" },
    ),
    never(
      "bench-shares",
      "What benches and tests share lies in test/shared.",
      { path: "^(bench|tools|demo)/" },
      { path: "^test/(?!shared/)" },
    ),
    never(
      "browser-without-node",
      "What runs in browsers imports nothing of Node.",
      { path: "^src/", pathNot: "^src/(node/|(node|vite)\\.ts$)" },
      { path: "^src/node(/|\\.ts$)" },
    ),
    never(
      "browser-without-builtins",
      "What runs in browsers uses no module of Node's own.",
      { path: "^src/", pathNot: "^src/(node/|node\\.ts$)" },
      { dependencyTypes: ["core"] },
    ),
    never(
      "packages",
      "Only these packages are used at run time; the last eight by the Node side alone. Entries for frameworks have types only.",
      { path: "^src/", pathNot: "^src/(react|vue|svelte)\\.ts$" },
      {
        dependencyTypes: ["npm", "npm-dev", "npm-optional", "npm-peer", "npm-no-pkg", "npm-unknown"],
        pathNot:
          "node_modules/(@cfworker/json-schema|onnx-proto|wgsl-preprocessor|@webgpu/types|@sparticuz/chromium|sharp|@types/cli-progress|cli-progress|commander|tar|webgpu|vite)/",
      },
    ),
    never(
      "src-stands-alone",
      "The library does not know its tests, benches, tools and demo.",
      { path: "^src/" },
      { path: "^(test|bench|tools|demo)/" },
    ),
    never(
      "demo-is-a-user",
      "The page imports the public entry points only, as any user does.",
      { path: "^demo/" },
      { path: "^src/", pathNot: "^src/(index|engine|element)\\.ts$" },
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|demo/dist|tools/train)/" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { conditionNames: ["import", "types", "default", "node"], exportsFields: ["exports"] },
  },
};
