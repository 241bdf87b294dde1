/** All attacks, by name. */
import type { Attack } from "./attack";
import { command } from "./command";
import { faults } from "./faults";
import { manifests } from "./manifests";
import { models } from "./models";
import { pictures } from "./pictures";
import { servers } from "./servers";
import { soak } from "./soak";

const ALL: readonly Attack[] = [models, manifests, pictures, faults, servers, command, soak];

export const ATTACKS: Readonly<Record<string, Attack>> = Object.fromEntries(ALL.map((attack) => [attack.name, attack]));
