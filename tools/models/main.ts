/** `npm run models -- add FILE|URL`: makes a model folder of a bare ONNX file. docs/models.md describes it. */
import { Command } from "commander";
import { relative } from "node:path";
import { PRESET_NAMES } from "../../src/weights/model/presets";
import { runTool } from "../command";
import { addModel, type AddOptions } from "./add";

const program = new Command("models").description("Keeps other people's colorizers as model folders.");
program
  .command("add")
  .description("Makes a model folder of an ONNX file: model.json with hashes, licence and origin, and the file.")
  .argument("<file>", "path or http(s) address of an ONNX file")
  .option("--preset <name>", `${PRESET_NAMES.join(", ")}; default: recognised by the file's inputs and outputs`)
  .option("--out <folder>", "folder to write; default: models/NAME")
  .option("--name <name>", "the model's name; default: the file's")
  .option("--license <text>", "the weights' licence; default: that of the weights that the preset's authors publish")
  .option("--origin <text>", "where the file comes from; default: its address or name")
  .action((source: string, options: AddOptions) =>
    runTool(async () => {
      const folder = relative(".", await addModel(source, options));
      console.log(`${folder} is complete. Colour with it: npm run colorize -- --model ${folder}/ photo.jpg`);
    }),
  );
await program.parseAsync();
