/**
 * Whole networks against onnxruntime-node's WebGPU provider, on one adapter in one process:
 * `npm run bench:networks [-- --repeats 7] [--size 256] [--network inception|table|strided]...`.
 * Same ONNX files (seeded weights), f32 on both sides, outputs compared before anything is timed, runs interleaved.
 */
import { Command } from "commander";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { Session } from "../src/graph/session";
import type { Tensor } from "../src/graph/session-inputs";
import { sizeOf, type Shape } from "../src/graph/ir";
import { describeDevice } from "../src/gpu-device";
import { requestNodeDevice } from "../src/node/device";
import { expectClose, randoms } from "../test/expect-close";
import { inceptionResNetV2, stridedNetwork, tableNetwork } from "../test/networks";
import { driverMilliseconds, median } from "./timing";

interface Options {
  readonly repeats: number;
  readonly size: number;
  readonly network: readonly string[];
}

const options = new Command()
  .option("--repeats <n>", "timed runs of each side", Number, 7)
  .option("--size <pixels>", "side of the colorizers' input", Number, 256)
  .option("--network <names...>", "of inception, table, strided", ["inception", "table"])
  .parse()
  .opts<Options>();

interface Network {
  readonly make: () => Uint8Array;
  readonly shapes: Readonly<Record<string, Shape>>;
}

const colorizer = (make: () => Uint8Array, width: number): Network => ({
  make,
  shapes: { luminance: [1, 1, options.size, options.size], embedding: [1, width] },
});

const NETWORKS: Readonly<Record<string, Network>> = {
  inception: { make: inceptionResNetV2, shapes: { image: [1, 3, 299, 299] } },
  table: colorizer(tableNetwork, 1000),
  strided: colorizer(stridedNetwork, 1001),
};

const device = await requestNodeDevice();
console.log(describeDevice(device));
console.log("network | GFLOP | ms wall ours, peer, ratio | ms driver ours, peer, ratio | first run ours, peer");
for (const name of options.network) {
  const { make, shapes } = NETWORKS[name]!;
  const bytes = make();
  const feeds = Object.fromEntries(
    Object.entries(shapes).map(([input, shape], i): [string, Tensor] => [
      input,
      { data: randoms(sizeOf(shape), 100 + i), shape },
    ]),
  );
  const ortFeeds = Object.fromEntries(
    Object.entries(feeds).map(([input, { data, shape }]) => [input, new OrtTensor("float32", data, [...shape])]),
  );
  const coldOurs = performance.now();
  const session = await Session.load(bytes, { device, precision: "f32", inputShapes: shapes, label: name });
  const output = session.outputs[0]!.name;
  const ours = async (): Promise<Float32Array> => (await session.run(feeds))[output]!.data;
  const first = await ours();
  const coldPeer = performance.now();
  const peerSession = await InferenceSession.create(bytes, { executionProviders: ["webgpu"] });
  const peer = async (): Promise<Float32Array> => (await peerSession.run(ortFeeds))[output]!.data as Float32Array;
  const firstPeer = await peer();
  const warm = performance.now();
  expectClose(first, firstPeer, { range: 1e-3 }, name);
  const times = { ours: [] as number[], peer: [] as number[], oursDriver: [] as number[], peerDriver: [] as number[] };
  for (let i = 0; i < options.repeats; i++) {
    const runs = [
      { run: ours, wall: times.ours, driver: times.oursDriver },
      { run: peer, wall: times.peer, driver: times.peerDriver },
    ];
    for (const { run, wall, driver } of i % 2 ? runs.reverse() : runs) {
      const from = performance.now();
      const driverFrom = driverMilliseconds();
      await run();
      wall.push(performance.now() - from);
      driver.push(driverMilliseconds() - driverFrom);
    }
  }
  const row = (a: number[], b: number[]): string =>
    `${median(a).toFixed(0)}, ${median(b).toFixed(0)}, ${(median(b) / median(a)).toFixed(2)}x`;
  const { flops } = session.plan(shapes);
  console.log(
    `${name} | ${(flops / 1e9).toFixed(1)} | ${row(times.ours, times.peer)} | ${row(times.oursDriver, times.peerDriver)}` +
      ` | ${(coldPeer - coldOurs).toFixed(0)}, ${(warm - coldPeer).toFixed(0)}`,
  );
  session.dispose();
  await peerSession.release();
}
process.exit(0);
