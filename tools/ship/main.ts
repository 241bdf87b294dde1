/** `npm run ship`: makes the folder models/natural of what tools/train/export_natural.py wrote. tools/train/README.md has the steps. */
import { Command } from "commander";
import { placeFile } from "../../src/node/place-file";
import { runTool, wholeNumber } from "../command";
import { shipNatural } from "./natural";

const program = new Command("ship")
  .description("Makes a model folder of an export of natural: weights, model.json, card and licence.")
  .argument("<export>", "folder with cells.json and an ONNX file, from tools/train/export_natural.py")
  .option("--out <folder>", "folder to write", "models/natural")
  .option("--network <file>", "the ONNX file in the export", "natural.onnx")
  .option("--model-version <version>", "the model's version", "1.0.0")
  .option("--size <pixels>", "working size; default: the size that the export was made for", wholeNumber(1))
  .option("--report <file>", "JSON report of `npm run evaluate` on these weights; without it, the card has no figures")
  .parse();
const { out, ...options } = program.opts<{
  out: string;
  network: string;
  modelVersion: string;
  size?: number;
  report?: string;
}>();

await runTool(async () => {
  const { files, notes } = await shipNatural({ folder: program.args[0]!, ...options });
  for (const [name, bytes] of Object.entries(files)) {
    await placeFile(`${out}/${name}`, bytes, { overwrite: true });
    console.log(`${out}/${name}: ${bytes.length} bytes`);
  }
  for (const note of notes) console.error(note);
});
