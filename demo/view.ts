/** What is on the page, by name; and what it says on the stage. */
import { ColorizeCanvas } from "../src/element";
import type { Failure } from "./words";

function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`index.html has no ${type.name} #${id}`);
  return element;
}

const button = (id: string): HTMLButtonElement => byId(id, HTMLButtonElement);
const input = (id: string): HTMLInputElement => byId(id, HTMLInputElement);
const output = (id: string): HTMLOutputElement => byId(id, HTMLOutputElement);
const element = (id: string): HTMLElement => byId(id, HTMLElement);

export const page = {
  stage: element("stage"),
  welcome: element("welcome"),
  picture: byId("picture", ColorizeCanvas),
  progress: element("progress"),
  file: input("file"),
  folder: input("folder"),
  pick: button("pick"),
  pickFolder: button("pick-folder"),
  message: element("message"),
  messageAction: button("message-action"),
  details: byId("details", HTMLDetailsElement),
  closeMessage: button("close-message"),
  closer: element("closer"),
  hold: button("hold"),
  tint: button("tint"),
  tintPanel: element("tint-panel"),
  tintHelp: element("tint-help"),
  tintAdd: button("tint-add"),
  tintRemove: button("tint-remove"),
  tintRemoveAll: button("tint-remove-all"),
  likely: element("likely"),
  swatches: element("swatches"),
  tintColour: input("tint-colour"),
  tintSpread: input("tint-spread"),
  tintSpreadValue: output("tint-spread-value"),
  zoomIn: button("zoom-in"),
  zoomOut: button("zoom-out"),
  zoomFull: button("zoom-full"),
  controls: element("controls"),
  saturation: input("saturation"),
  saturationValue: output("saturation-value"),
  warmth: input("warmth"),
  warmthValue: output("warmth-value"),
  turning: element("turning"),
  turn: button("turn"),
  working: element("working"),
  size: byId("size", HTMLSelectElement),
  undo: button("undo"),
  redo: button("redo"),
  reset: button("reset"),
  applyToAll: button("apply-to-all"),
  save: button("save"),
  saveType: element("save-type"),
  saveAs: button("save-as"),
  saveDialog: byId("save-dialog", HTMLDialogElement),
  saveForm: byId("save-form", HTMLFormElement),
  saveNote: element("save-note"),
  qualityRow: element("quality-row"),
  quality: input("quality"),
  qualityValue: output("quality-value"),
  copy: button("copy"),
  share: button("share"),
  another: button("another"),
  facts: element("facts"),
  made: element("made"),
  settings: element("settings"),
  trying: element("trying"),
  models: byId("models", HTMLFieldSetElement),
  pickModel: button("pick-model"),
  modelFile: input("model-file"),
  presetDialog: byId("preset-dialog", HTMLDialogElement),
  presetForm: byId("preset-form", HTMLFormElement),
  profile: byId("profile", HTMLDetailsElement),
  measuring: element("measuring"),
  layers: element("layers"),
  samples: element("samples"),
  addressForm: byId("address-form", HTMLFormElement),
  address: input("address"),
  album: element("album"),
  count: element("count"),
  strip: element("strip"),
  pause: button("pause"),
  retry: button("retry"),
  colourAsking: button("colour-asking"),
  saveAll: button("save-all"),
  saveAllType: element("save-all-type"),
  closeAll: button("close-all"),
};

page.closeMessage.addEventListener("click", () => hideMessage());

// These buttons do not submit: the Enter key, in any choice of a dialog, presses the first button that does.
for (const dialog of [page.saveDialog, page.presetDialog])
  dialog.querySelector("[value=cancel]")!.addEventListener("click", () => dialog.close());

export interface Action {
  readonly label: string;
  readonly run: () => void;
}

let action: Action | undefined;
/** What the photograph on the stage needs: its button stays when messages are closed. */
let need: Action | undefined;
page.messageAction.addEventListener("click", () => {
  const chosen = action;
  hideMessage();
  chosen?.run();
});

/**
 * Says something on the stage, where it stays until it is closed or another photograph opens; with a button where there is something to
 * do, and folded details where something failed. Without words, the button is all.
 */
export function showMessage(message: string | Failure, todo?: Action): void {
  const { text, details } = typeof message === "string" ? { text: message } : message;
  action = todo;
  page.details.open = false;
  page.details.hidden = !details;
  page.details.querySelector("pre")!.textContent = details ?? "";
  page.message.querySelector(".text")!.textContent = text;
  page.message.classList.toggle("closed", !text);
  page.messageAction.hidden = !todo;
  page.messageAction.textContent = todo?.label ?? "";
  page.message.hidden = false;
  page.message.scrollIntoView({ block: "nearest" });
}

/** Says what the photograph on the stage needs. */
export function showNeed(message: string | Failure, todo: Action | undefined): void {
  need = todo;
  showMessage(message, todo);
}

/** The photograph on the stage needs nothing any more. */
export function endNeed(): void {
  if (!need) return;
  need = undefined;
  hideMessage();
}

/** Hides the message, but for the button of what the photograph on the stage needs. */
export function hideMessage(): void {
  if (page.message.contains(document.activeElement)) page.stage.focus({ preventScroll: true });
  if (need) showMessage("", need);
  else page.message.hidden = true;
}

/** `name` is in work; `done` is 0 to 1. */
export function showProgress(name: string, text: string, done: number): void {
  const { progress } = page;
  progress.hidden = false;
  progress.style.setProperty("--done", `${100 * done}%`);
  progress.querySelector(".name")!.textContent = name;
  progress.querySelector(".text")!.textContent = text;
  progress.setAttribute("aria-valuetext", `${name}: ${text}`);
  progress.setAttribute("aria-valuenow", String(Math.round(100 * done)));
}

export function hideProgress(): void {
  page.progress.hidden = true;
}
