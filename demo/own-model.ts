/** A colorizer that the visitor brings as an ONNX file. It joins the page's models for this visit. */
import { EngineError, type PresetName } from "../src/index";
import { addOwnModel, isOwn } from "./models";
import { hideMessage, hideProgress, page, showMessage, showProgress } from "./view";
import { failure } from "./words";

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

/**
 * Loads the file, and calls `use` with its name among the models. Where the page cannot use it, says why; where it only does not
 * recognise it, the visitor may say which colorizer it is.
 */
export async function openModel(file: File, use: (name: string) => void, preset?: PresetName): Promise<void> {
  hideMessage();
  const name = nameFor(file);
  if (isOwn(name)) return use(name);
  const object = URL.createObjectURL(file);
  // The fragment gives the file's name to the package.
  const address = `${object}#${encodeURIComponent(file.name)}`;
  try {
    await addOwnModel({ name, address, preset, megabytes: Math.round(file.size / 1e6) }, ({ loaded, total }) =>
      showProgress(name, "Reading the model", total > 0 ? loaded / total : 0),
    );
    opened.set(name, file);
    use(name);
  } catch (error) {
    URL.revokeObjectURL(object);
    if (error instanceof DOMException && error.name === "AbortError") return; // the visitor took another model
    console.error(error);
    const unknown = error instanceof EngineError && error.code === "manifest";
    const ask = { label: "Say what it is…", run: () => askPreset(file, use) };
    showMessage(failure(whyNot(error, file.name), error), unknown ? ask : undefined);
  } finally {
    hideProgress();
  }
}

function askPreset(file: File, use: (name: string) => void): void {
  const { presetDialog: dialog, presetForm } = page;
  dialog.querySelector(".file")!.textContent = file.name;
  dialog.returnValue = "";
  const closed = (): void => {
    if (dialog.returnValue === "open") void openModel(file, use, new FormData(presetForm).get("preset") as PresetName);
  };
  dialog.addEventListener("close", closed, { once: true });
  dialog.showModal();
}

function whyNot(error: unknown, name: string): string {
  const code = error instanceof EngineError ? error.code : undefined;
  if (code === "manifest")
    return `“${name}” is no colorizer that this page knows. It expects ${(error as EngineError).expected}.`;
  if (code === "model" || code === "download") return `“${name}” is damaged, or not an ONNX file. Try another copy.`;
  if (code === "unsupported") return `“${name}” cannot be used here. ${(error as EngineError).received}.`;
  return `“${name}” could not be loaded, perhaps for lack of memory. Close other pages and programs that use the graphics processor, and try again.`;
}
