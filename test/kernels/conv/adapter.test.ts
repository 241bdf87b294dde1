/** Which convolution algorithms the tests beside this one run on the adapter at hand: what it cannot run is skipped here, by name. */
import { expect, it } from "vitest";
import type { ConvDevice } from "../../../src/kernels/conv/algorithm";
import { ENGINE } from "../../../src/session/engine";
import { testDevice } from "../../gpu";
import { COMPOSED_CASES, CONV_CASES } from "../../shared/conv-cases";

/** Lanes of the smallest subgroup with which a shader may use them. */
const LANES = 8;

/** A device with everything that an algorithm may ask for. */
const ABLE: ConvDevice = {
  features: new Set(["shader-f16", "subgroups"]),
  workgroupBytes: 32_768,
  subgroupMinSize: LANES,
};

/** Algorithms that are offered for a case. */
function offered(device: ConvDevice): string[] {
  const cases = [...CONV_CASES, ...COMPOSED_CASES].flatMap(({ params }) => [
    params,
    ...(device.features.has("shader-f16") ? [{ ...params, elem: "f16" as const }] : []),
    { ...params, int8: true },
  ]);
  const able = ENGINE.convolutions.filter(({ variants }) =>
    cases.some((params) => variants(params, device).length > 0),
  );
  return able.map(({ name }) => name);
}

it.for(offered(ABLE))("%s", async (name, { skip }) => {
  const { features, limits, adapterInfo } = await testDevice();
  const { subgroupMinSize } = adapterInfo;
  const here = offered({ features, workgroupBytes: limits.maxComputeWorkgroupStorageSize, subgroupMinSize });
  const lacks = [
    ...["shader-f16", "subgroups"].filter((feature) => !features.has(feature)),
    ...((subgroupMinSize ?? LANES) < LANES ? [`subgroups of at least ${LANES} lanes`] : []),
  ];
  if (!here.includes(name) && lacks.length > 0) skip(`this adapter lacks ${lacks.join(" and ")}`);
  expect(here).toContain(name);
});
