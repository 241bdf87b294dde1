import { expect, test } from "vitest";
import { ProgressReport, type LoadProgress } from "../../../src/weights/model/progress";

test("bytes never fall when a file is fetched again, and the source is named", () => {
  const seen: LoadProgress[] = [];
  const report = new ProgressReport((progress) => seen.push(progress));
  report.download({ loaded: 0, total: 0, fromCache: true });
  for (const loaded of [5, 40, 3, 60]) report.download({ loaded, total: 60, fromCache: false });
  report.ready();
  expect(seen.map(({ stage, loaded }) => `${stage} ${loaded}`)).toEqual([
    "download 0",
    "download 5",
    "download 40",
    "download 40",
    "download 60",
    "compile 0",
    "compile 1",
  ]);
  expect(seen.map(({ fromCache }) => fromCache)).toEqual([true, false, false, false, false, false, false]);
});

test.each([1, 2])("is complete with %d networks, whatever is there first", (networks) => {
  for (const filesFirst of [true, false]) {
    const seen: LoadProgress[] = [];
    const report = new ProgressReport((progress) => seen.push(progress));
    const download = (): void => report.download({ loaded: 60, total: 60, fromCache: true });
    if (filesFirst) download();
    for (let i = 0; i < networks; i++) report.ready();
    if (!filesFirst) download();
    expect(seen.at(-1)).toEqual({ stage: "compile", loaded: 1, total: 2, fromCache: true });
    report.complete();
    expect(seen.at(-1)).toEqual({ stage: "compile", loaded: 2, total: 2, fromCache: true });
  }
});
