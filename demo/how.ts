/** How it works: the network's steps in order, the kinds of step and every step by the time that they took, and where to read more. */
import type { ColorizerProfile } from "../src/index";
import type { Colours, Photo } from "./album";
import { sizeOption } from "./colours";
import { layerView } from "./layer";
import { element } from "./make-element";
import { isOwn } from "./models";
import { page } from "./view";

type Row = ColorizerProfile["colorizer"]["rows"][number] & { readonly network: keyof ColorizerProfile };

/** Fills the panel. `profile` is of the networks that made the photograph's `colours`. */
export function showHow(photo: Photo, { result, colorizer, settings }: Colours, profile: ColorizerProfile): void {
  const networks = Object.entries(profile) as [keyof ColorizerProfile, ColorizerProfile["colorizer"]][];
  const rows: Row[] = networks.flatMap(([network, { rows }]) => rows.map((row) => ({ network, ...row })));
  const total = rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const kernels = [...new Set(rows.map(({ kernel }) => kernel))];
  // The golden angle: neighbours differ.
  const hue = (kernel: string): string => String((kernels.indexOf(kernel) * 137.5) % 360);
  const share = (ms: number): number => (total > 0 ? ms / total : 0);

  const clock = networks[0]?.[1].clock === "timestamps" ? "GPU timestamps" : "wall time, one submit a step";
  const { width, height } = result.workingSize;
  const numbers = colorizer.elem === "f16" ? "16 bits (f16)" : "32 bits (f32)";
  const summary =
    `“${settings.model}” looks at the photograph's lightness at ${width} × ${height} pixels and guesses its colours, which are then laid over the ` +
    `lightness at full size. On ${colorizer.adapter}, with numbers of ${numbers}, its ${rows.length} steps took ${total.toFixed(1)} ms ` +
    `(${clock}).`;

  const strip = element("div", "", { className: "strip" });
  const highest = Math.max(...rows.map(({ size }) => size.height));
  for (const row of rows) {
    const { width, height, channels } = row.size;
    const part = element("span", "", {
      title: `${row.network}: ${nameOf(row)}, ${row.kernel}, ${width} × ${height} × ${channels}, ${threeDigits(row.milliseconds)} ms`,
    });
    part.style.setProperty("--hue", hue(row.kernel));
    part.style.setProperty("--height", String(Math.log2(2 * height) / Math.log2(2 * highest)));
    part.style.flexGrow = String(share(row.milliseconds));
    strip.append(part);
  }

  const size = sizeOption({ colorizer, settings });
  const layers = rows.map((row) => ({ ...row, name: nameOf(row) }));
  const layer = layerView(strip, layers, ({ network, output }, signal) =>
    colorizer.activations(photo.image!, { network, output, signal, ...size }),
  );

  const kinds = kernels
    .map((kernel) => {
      const of = rows.filter((row) => row.kernel === kernel);
      return { kernel, count: of.length, ms: of.reduce((sum, { milliseconds }) => sum + milliseconds, 0) };
    })
    .sort((a, b) => b.ms - a.ms)
    .map(({ kernel, count, ms }) => ({
      hue: hue(kernel),
      share: share(ms),
      texts: [kernel],
      numbers: [String(count), threeDigits(ms), percent(share(ms))],
    }));
  const steps = rows
    .toSorted((a, b) => b.milliseconds - a.milliseconds)
    .map((row) => ({
      hue: hue(row.kernel),
      share: share(row.milliseconds),
      texts: [row.network, nameOf(row), row.kernel],
      numbers: [
        threeDigits(row.milliseconds),
        threeDigits(row.gflopsPerSecond),
        threeDigits(row.gbytesPerSecond),
        percent(share(row.milliseconds)),
      ],
    }));

  page.layers.replaceChildren(
    element("p", summary),
    element("h2", "The network, from the photograph to its colours"),
    element("p", "Each step is as wide as the time it took. The finer its output, the higher it is."),
    strip,
    layer,
    element("h2", "Kinds of step, by time"),
    table("kinds", ["kernel", "steps", "ms", "share"], kinds),
    element("h2", "Every step, by time"),
    table("every", ["network", "step", "kernel", "ms", "GFLOP/s", "GB/s", "share"], steps),
    links(settings.model),
  );
}

function nameOf({ origin, output }: Row): string {
  return origin.join(", ") || output;
}

/** "2019", "47.3", "4.73", "0.05": short enough for a column of a phone. */
function threeDigits(value: number): string {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

interface TableRow {
  readonly hue: string;
  readonly share: number;
  readonly texts: readonly string[];
  readonly numbers: readonly string[];
}

/** A table that scrolls, whose rows have a bar as long as their share. */
function table(className: string, columns: readonly string[], rows: readonly TableRow[]): HTMLElement {
  const made = element("table", "", { className });
  const head = element("tr");
  head.append(...columns.map((text) => element("th", text, { scope: "col" })));
  made.createTHead().append(head);
  const body = made.createTBody();
  for (const { hue, share, texts, numbers } of rows) {
    const row = element("tr");
    row.style.setProperty("--hue", hue);
    row.style.setProperty("--share", `${100 * share}%`);
    row.append(
      ...texts.map((text) => element("td", text, { title: text })),
      ...numbers.map((text) => element("td", text, { className: "number" })),
    );
    body.append(row);
  }
  const scroll = element("div", "", { className: "scroll", tabIndex: 0 });
  scroll.append(made);
  return scroll;
}

function links(model: string): HTMLElement {
  const card = element("a", `What ${model} was trained on, how good it is, and where it fails`, {
    href: `./models/${model}/README.md`,
  });
  const own = element("a", "Licence of this page", { href: "./license.md" });
  const others = element("a", "Licences of what it is made of", { href: "./third-party-licenses.md" });
  const source = element("a", "Source code", { href: "./source.tar.gz", download: "colorize-canvas.tar.gz" });
  const list = element("p", "", { className: "links" });
  list.append(...(isOwn(model) ? [] : [card, " · "]), source, " · ", own, " · ", others);
  return list;
}
