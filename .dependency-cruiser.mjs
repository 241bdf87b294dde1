/** Who may import what: the layers, as rules. Run by test/layers.test.ts and `npm run layers`. */

/** Only what matches `to` (and the module's own folder) may be imported from `from`. */
function only(name, comment, from, to) {
  return { name, comment, severity: "error", from: { path: from }, to: { pathNot: to } };
}

/** What matches `to` may not be imported from `from`. */
function never(name, comment, from, to) {
  return { name, comment, severity: "error", from, to };
}

export default {
  forbidden: [
    never("no-cycles", "A cycle of modules has no order to read or test it in.", {}, { circular: true }),
    never("resolved", "Every import leads to a file or an installed package.", {}, { couldNotResolve: true }),
    only("errors-import-nothing", "Any layer may use the errors.", "^src/errors\\.ts$", "^$"),
    only(
      "kernels",
      "A kernel is its shader and a pure plan.",
      "^src/kernels/",
      "^(src/kernels/|src/(errors|pacer)\\.ts$|shaders/|node_modules/wgsl-preprocessor/)",
    ),
    only(
      "weights",
      "Files and numbers, no graph and no GPU.",
      "^src/weights/",
      "^(src/weights/|src/(errors|pacer)\\.ts$|node_modules/(onnx-proto|protobufjs)/)",
    ),
    only("graph-ir", "The graph's language depends on nothing but errors.", "^src/graph/ir\\.ts$", "^src/errors\\.ts$"),
    never(
      "graph-without-gpu",
      "IR, import, passes and memory plan know no GPU, so their tests need none.",
      { path: "^src/graph/(ir|memory-plan|print|verify)\\.ts$|^src/graph/(import|passes)/" },
      { path: "^src/(kernels|gpu-device|node)|^src/graph/(lower|executor|pipelines|session)" },
    ),
    never(
      "onnx-ends-at-import",
      "ONNX names and opsets go no further than graph/import.",
      { path: "^src/graph/passes/" },
      { path: "^src/(weights|graph/import)/" },
    ),
    never(
      "browser-without-node",
      "What runs in browsers imports nothing of Node.",
      { path: "^src/", pathNot: "^src/(node/|node\\.ts$)" },
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
      "Only these packages are used at run time; the last seven by the Node side alone.",
      { path: "^src/" },
      {
        dependencyTypes: ["npm", "npm-dev", "npm-optional", "npm-peer", "npm-no-pkg", "npm-unknown"],
        pathNot:
          "node_modules/(onnx-proto|wgsl-preprocessor|@webgpu/types|@sparticuz/chromium|sharp|@types/cli-progress|cli-progress|commander|tar|webgpu)/",
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
      { path: "^src/", pathNot: "^src/(index|engine|element|exif)\\.ts$" },
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|tools/train)/" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { conditionNames: ["import", "types", "default", "node"], exportsFields: ["exports"] },
  },
};
