/** The pictures in samples/, as buttons. */
import { element } from "./make-element";

/** Small copies, half in grey and half in colour, which `npm run thumbnails` makes. */
const thumbnails = import.meta.glob<string>("./thumbnails/*.webp", { query: "?url", import: "default", eager: true });
const files = import.meta.glob<string>("../samples/*.jpg", { query: "?url", import: "default", eager: true });

/** "nagasaki-1865.jpg" -> "Nagasaki, 1865". */
function title(path: string): string {
  const name = path.replace(/^.*\/|\.jpg$/g, "").replace(/-(\d{4})$/, ", $1");
  return (name[0]?.toUpperCase() ?? "") + name.slice(1).replaceAll("-", " ");
}

/** Fills the list; `choose` gets a sample's address and title. */
export function showSamples(list: HTMLElement, choose: (url: string, title: string) => void): void {
  for (const [path, url] of Object.entries(files)) {
    const button = element("button", "", { type: "button" });
    button.dataset["sample"] = path.replace(/^.*\//, "");
    button.dataset["address"] = url;
    const src = thumbnails[path.replace("../samples", "./thumbnails").replace(".jpg", ".webp")]!;
    button.append(element("img", "", { alt: "", loading: "lazy", src }), element("span", title(path)));
    button.addEventListener("click", () => choose(url, title(path)));
    const item = element("li");
    item.append(button);
    list.append(item);
  }
}

/** Marks the sample of this address as the picture shown, or none. */
export function press(list: HTMLElement, address?: string): void {
  for (const button of list.querySelectorAll("button"))
    button.setAttribute("aria-pressed", String(button.dataset["address"] === address));
}
