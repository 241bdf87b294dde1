/** A colorizer that the visitor brings as an ONNX file. It joins the page's models for this visit. */
import { EngineError } from "../src/index";
import { addOwnModel } from "./models";
import { hideMessage, hideProgress, showMessage, showProgress } from "./view";

export function isModelFile({ name }: File): boolean {
  return /\.onnx$/i.test(name);
}

/** The files of the models that were opened, by the models' names. */
const opened = new Map<string, File>();

/** The file's name; with a number where another file of that name was opened. */
function nameFor(file: File): string {
  for (let i = 1; ; i++) {
    const name = i === 1 ? file.name : `${file.name} (${i})`;
    const before = opened.get(name);
    if (!before || (before.size === file.size && before.lastModified === file.lastModified)) return name;
  }
}

/** Loads the file, and resolves with its name among the models; with undefined where the page cannot use it, and says why. */
export async function openModel(file: File): Promise<string | undefined> {
  hideMessage();
  const name = nameFor(file);
  const object = URL.createObjectURL(file);
  // The fragment gives the file's name to the package.
  const model = { name, address: `${object}#${encodeURIComponent(file.name)}`, megabytes: Math.round(file.size / 1e6) };
  try {
    await addOwnModel(model, ({ loaded, total }) =>
      showProgress(name, "Reading the model", total > 0 ? loaded / total : 0),
    );
    opened.set(name, file);
    return name;
  } catch (error) {
    URL.revokeObjectURL(object);
    if (error instanceof DOMException && error.name === "AbortError") return undefined; // the visitor took another model
    console.error(error);
    showMessage(whyNot(error, file.name));
    return undefined;
  } finally {
    hideProgress();
  }
}

function whyNot(error: unknown, name: string): string {
  const code = error instanceof EngineError ? error.code : undefined;
  if (code === "manifest")
    return `“${name}” is no colorizer that this page knows. It expects ${(error as EngineError).expected}.`;
  if (code === "model" || code === "download") return `“${name}” is damaged, or not an ONNX file. Try another copy.`;
  if (code === "unsupported") return `“${name}” cannot be used here. ${(error as EngineError).received}.`;
  return `“${name}” could not be loaded, perhaps for lack of memory. Close other pages and programs that use the graphics processor, and try again.`;
}
