/** The pictures in samples/, as buttons. */

/** Small copies, which tools/vite-thumbnails.ts makes. */
const thumbnails = import.meta.glob<string>("../samples/*.jpg", {
  query: "?thumbnail",
  import: "default",
  eager: true,
});
const files = import.meta.glob<string>("../samples/*.jpg", { query: "?url", import: "default", eager: true });

/** "nagasaki-1865.jpg" -> "Nagasaki, 1865". */
function title(path: string): string {
  const name = path.replace(/^.*\/|\.jpg$/g, "").replace(/-(\d{4})$/, ", $1");
  return (name[0]?.toUpperCase() ?? "") + name.slice(1).replaceAll("-", " ");
}

/** Fills the list; `choose` gets a sample's address, title and button. */
export function showSamples(
  list: HTMLElement,
  choose: (url: string, title: string, button: HTMLButtonElement) => void,
): void {
  for (const [path, url] of Object.entries(files)) {
    const button = document.createElement("button");
    const image = document.createElement("img");
    const caption = document.createElement("span");
    button.type = "button";
    button.dataset["sample"] = path.replace(/^.*\//, "");
    image.src = thumbnails[path]!;
    image.alt = "";
    image.loading = "lazy";
    caption.textContent = title(path);
    button.append(image, caption);
    button.addEventListener("click", () => choose(url, title(path), button));
    const item = document.createElement("li");
    item.append(button);
    list.append(item);
  }
}

/** Marks one sample as the picture shown, or none. */
export function press(list: HTMLElement, chosen?: HTMLButtonElement): void {
  for (const button of list.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button === chosen));
}
