/** Colours the jobs of a command line, one after another: a bad file does not stop the others. */
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import type { Colorizer } from "../colorizer/colorizer";
import type { ColorizeOptions } from "../colorizer/options";
import type { ColorizeStage } from "../colorizer/stage-clock";
import { STREAM, type Job } from "./cli-jobs";
import type { FileReport, Reporter, TextStream } from "./cli-report";
import { deepColour } from "./deep-colour";
import type { DeepImage, DeepPixels, ImageMetadata, PictureFile, Pixels } from "./images";
import { placeFile } from "./place-file";
import { firstOfPages, openPicture } from "./read-image";
import { joinTiff } from "./tiff-pages";
import { encodeImage, wholeFile, type EncodedImage } from "./write-image";

/** The parts of a Colorizer that the command needs. */
export type CommandColorizer = Pick<Colorizer, "adapter" | "colorize" | "plan" | "dispose">;

/** The look of results. */
export type LookSettings = Pick<ColorizeOptions, "size" | "saturation" | "warmth" | "temperature" | "hints">;

export interface RunContext {
  readonly colorizer: CommandColorizer;
  readonly look: LookSettings;
  readonly reporter: Reporter;
  readonly stdout: TextStream;
  readonly signal: AbortSignal;
  /** Called when a job's result is whole, just before it gets its name. `photograph` is what the input was before it was read. */
  readonly onComplete?: (job: Job, photograph: Stats, result: Stats) => void;
}

/** The next photograph is read while one of at most so many pixels is coloured; after a larger one, memory is freed first. */
const READ_AHEAD_PIXELS = 2 ** 25;

/** An opened photograph, and its first page. */
interface Photograph {
  readonly file: PictureFile;
  readonly first: Page;
  /** Undefined for standard input. */
  readonly stats?: Stats;
}

interface Page {
  readonly image: DeepImage;
  /** Milliseconds that reading it took. */
  readonly ms: number;
}

/** A coloured page. */
interface ColouredPage {
  readonly pixels: Pixels | DeepPixels;
  readonly metadata: ImageMetadata;
  readonly facts: PageFacts;
}

/** What the report says of a page. */
interface PageFacts {
  readonly width: number;
  readonly height: number;
  /** Milliseconds by stage, and `total`. */
  readonly ms: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
}

/** Colours one photograph after another. Returns when all are done, or after an abort. */
export async function runJobs(jobs: readonly Job[], context: RunContext): Promise<void> {
  const { reporter, signal } = context;
  // The next photograph is read, and the last one written, while the GPU works on the current one.
  let next: Promise<Photograph> | undefined;
  let writing: Promise<void> | undefined;
  const report = (job: Job, work: Promise<FileReport>): Promise<void> =>
    work.then(
      (file) => reporter.file(file),
      (error: unknown) => (signal.aborted ? undefined : reporter.failure(job.input, error)),
    );
  try {
    for (const [i, job] of jobs.entries()) {
      const following = jobs[i + 1];
      try {
        reporter.stage("read", job.input);
        if (!next) await writing;
        const reading: Promise<Photograph> = next ?? open(job);
        next = undefined;
        const photograph = await reading.catch((error: unknown) => {
          next = following && open(following);
          throw error;
        });
        const { image } = photograph.first;
        if (following && image.width * image.height <= READ_AHEAD_PIXELS) next = open(following);
        if (photograph.file.pages > 1 && job.format === "tiff") {
          await writing;
          await report(job, colourPages(job, photograph, context));
        } else {
          const coloured = await colour(job, photograph.first, context);
          await writing;
          signal.throwIfAborted();
          writing = report(job, saveOne(job, photograph, coloured, context));
        }
      } catch (error) {
        if (signal.aborted) return;
        await writing;
        reporter.failure(job.input, error);
      }
      if (signal.aborted) return;
    }
  } finally {
    await writing;
    await next?.catch(() => undefined);
  }
}

/** Opens a photograph and reads its first page; the handled rejection lets a failure wait until somebody awaits it. */
function open(job: Job): Promise<Photograph> {
  const opening = (async () => {
    const stats = job.bytes ? undefined : await stat(job.input).catch(() => undefined); // openPicture() reports the error
    const file = await openPicture(job.bytes ?? job.input, job.input);
    return { file, first: await readPage(job, file, 0), ...(stats && { stats }) };
  })();
  opening.catch(() => undefined);
  return opening;
}

async function readPage(job: Job, file: PictureFile, page: number): Promise<Page> {
  const start = performance.now();
  const image = await file.read(page, { deep: job.format === "png" || job.format === "tiff" });
  return { image, ms: performance.now() - start };
}

async function colour(
  job: Job,
  { image, ms: read }: Page,
  { colorizer, look, reporter, signal }: RunContext,
): Promise<ColouredPage> {
  const start = performance.now();
  const onStage = (stage: ColorizeStage): void => reporter.stage(stage, job.input);
  const result = await colorizer.colorize(image, { ...look, signal, onStage });
  const { samples, metadata, notes } = image;
  const pixels = samples ? await deepColour(samples, result, signal) : withAlpha(result, image);
  const total = read + performance.now() - start;
  const { width, height, timings } = result;
  const facts = { width, height, ms: { read, ...timings, total }, notes: [...notes, ...result.notes] };
  return { pixels, metadata, facts };
}

/** The coloured pixels with the source's alpha. */
function withAlpha(coloured: Pixels, source: DeepImage): Pixels {
  if (!source.metadata.hasAlpha) return coloured;
  for (let i = 3; i < coloured.data.length; i += 4) coloured.data[i] = source.data[i]!;
  return coloured;
}

/** Encodes a coloured page, marked as artificially coloured. */
async function encode(
  job: Job,
  { pixels, metadata, facts }: ColouredPage,
): Promise<{ readonly encoded: EncodedImage; readonly facts: PageFacts }> {
  const start = performance.now();
  const encoded = await encodeImage(job.output, pixels, job.format, { metadata, mark: true });
  return { encoded, facts: withWriting(facts, performance.now() - start, encoded.notes) };
}

function withWriting({ ms, notes, ...size }: PageFacts, more: number, moreNotes: readonly string[] = []): PageFacts {
  const [write = 0, total = 0] = [ms["write"], ms["total"]];
  return { ...size, ms: { ...ms, write: write + more, total: total + more }, notes: [...notes, ...moreNotes] };
}

/** Saves a result of one page. */
async function saveOne(
  job: Job,
  photograph: Photograph,
  coloured: ColouredPage,
  context: RunContext,
): Promise<FileReport> {
  const { encoded, facts } = await encode(job, coloured);
  const start = performance.now();
  const bytes = await save(job, await wholeFile(encoded, job.output), photograph, context);
  const dropped = photograph.file.pages > 1 ? [firstOfPages(photograph.file)] : [];
  return reportOf(job, photograph, [withWriting(facts, performance.now() - start, dropped)], bytes, context);
}

/** Colours all pages of a TIFF file. Each is encoded as soon as it is ready, so that memory holds the pixels of one. */
async function colourPages(job: Job, photograph: Photograph, context: RunContext): Promise<FileReport> {
  const { file } = photograph;
  const pages: PageFacts[] = [];
  async function* encodedPages(): AsyncGenerator<EncodedImage> {
    for (let i = 0; i < file.pages; i++) {
      const page = i === 0 ? photograph.first : await readPage(job, file, i);
      const { encoded, facts } = await encode(job, await colour(job, page, context));
      pages.push(facts);
      context.signal.throwIfAborted();
      yield encoded;
    }
  }
  const bytes = await save(job, joinTiff(encodedPages(), file.pages, job.output), photograph, context);
  return reportOf(job, photograph, pages, bytes, context);
}

/** Writes a result to its file, or to stdout in one piece. Returns its size in bytes. */
async function save(
  job: Job,
  content: Buffer | AsyncIterable<Uint8Array>,
  { stats }: Photograph,
  { stdout, onComplete }: RunContext,
): Promise<number> {
  if (job.output !== STREAM)
    return placeFile(job.output, content, {
      overwrite: job.overwrite,
      onComplete: (result) => stats && onComplete?.(job, stats, result),
    });
  const whole = Buffer.isBuffer(content) ? content : await buffer(content);
  stdout.write(whole);
  return whole.length;
}

function reportOf(
  job: Job,
  { file }: Photograph,
  pages: readonly PageFacts[],
  outputBytes: number,
  { colorizer, look }: RunContext,
): FileReport {
  const ms: Record<string, number> = {};
  for (const page of pages)
    for (const [stage, more] of Object.entries(page.ms)) ms[stage] = (ms[stage] ?? 0) + Number(more);
  const peaks = pages.map(({ width, height }) => colorizer.plan(width, height, { size: look.size }).peakBytes);
  const { width, height } = pages[0]!;
  return {
    input: job.input,
    output: job.output,
    format: job.format,
    width,
    height,
    ...(pages.length > 1 && { pages: pages.length }),
    inputBytes: file.bytes,
    outputBytes,
    ms: Object.fromEntries(Object.entries(ms).map(([stage, sum]) => [stage, Math.round(sum * 10) / 10])),
    adapter: colorizer.adapter,
    peakBytes: Math.max(...peaks),
    notes: [...new Set(pages.flatMap(({ notes }) => notes))],
  };
}
