import { assertFinite, assertPositiveInteger } from "../../base/assert.ts";
import { sin } from "../../base/math.ts";
import type { Rng } from "../../base/rng.ts";
import type { Dataset } from "../dataset.ts";
import { nextNormal } from "./nextNormal.ts";

export interface SensorWindowsOptions {
  readonly numExamples: number;
  /** People who wear a sensor: example i is of person i mod numSubjects, its group; 1 when absent. */
  readonly numSubjects?: number;
  /** Standard deviation of the noise on every reading, in g; 0.3 when absent. */
  readonly noiseStdDev?: number;
}

export const SENSOR_CLASSES = ["lying", "sitting", "walking", "stairs", "running", "cycling"] as const;

const WINDOW = 128;
const AXES = 3;
/** Readings a second: a window lasts 2.56 s, as in Anguita et al. 2013. */
const RATE = 50;
/** For each class: pull of gravity on the three axes, steps a second, swing of each axis at that rate and at twice the rate, in g. */
const MOTIONS: readonly {
  readonly gravity: readonly number[];
  readonly rate: number;
  readonly swing: readonly number[];
  readonly overtone: readonly number[];
}[] = [
  { gravity: [0.1, 0.2, 1], rate: 0.25, swing: [0.02, 0.02, 0.05], overtone: [0, 0, 0] },
  { gravity: [0.9, 0.2, 0.3], rate: 0.25, swing: [0.04, 0.02, 0.02], overtone: [0, 0, 0] },
  { gravity: [1, 0.1, 0.1], rate: 1.8, swing: [0.3, 0.15, 0.2], overtone: [0.15, 0.1, 0.05] },
  { gravity: [1, 0.1, 0.2], rate: 1.5, swing: [0.35, 0.2, 0.25], overtone: [0.05, 0.2, 0.15] },
  { gravity: [1, 0.1, 0.1], rate: 2.7, swing: [0.8, 0.3, 0.4], overtone: [0.4, 0.2, 0.2] },
  { gravity: [0.8, 0.3, 0.4], rate: 1.2, swing: [0.15, 0.35, 0.1], overtone: [0.05, 0.1, 0.05] },
];

/**
 * Windows of a made-up accelerometer: inputs [numExamples, 128, 3] f32 in g at 50 Hz, labels 0 .. 5 (`SENSOR_CLASSES`) in
 * turn. A class is a pull of gravity and two sinusoids an axis; each example has its own phase, each subject its own pace
 * (±10 %), vigour (±30 %) and way of wearing it (0.15 g), so that subjects differ as clients do. No measurement: a set to
 * try models of sensor data on.
 * @throws RangeError unless numExamples and numSubjects >= 1 and noiseStdDev is in [0, 10].
 */
export function sensorWindows(options: SensorWindowsOptions, rng: Rng): Dataset {
  const { numExamples, numSubjects = 1, noiseStdDev = 0.3 } = options;
  assertPositiveInteger("numExamples", numExamples);
  assertPositiveInteger("numSubjects", numSubjects);
  assertFinite("noiseStdDev", noiseStdDev, 0, 10);
  const subjects = Array.from({ length: numSubjects }, () => ({
    pace: 0.9 + 0.2 * rng.nextFloat(),
    vigour: 0.7 + 0.6 * rng.nextFloat(),
    tilt: Array.from({ length: AXES }, () => 0.15 * nextNormal(rng)),
  }));
  const inputs = new Float32Array(numExamples * WINDOW * AXES);
  const targets = new Uint8Array(numExamples);
  const groups = new Uint32Array(numExamples);
  for (let row = 0; row < numExamples; row++) {
    const subject = row % numSubjects;
    // Each subject goes through the classes in turn.
    const label = Math.floor(row / numSubjects) % MOTIONS.length;
    const { gravity, rate, swing, overtone } = MOTIONS[label] as (typeof MOTIONS)[number];
    const { pace, vigour, tilt } = subjects[subject] as (typeof subjects)[number];
    const phase = 2 * Math.PI * rng.nextFloat();
    for (let at = 0; at < WINDOW; at++) {
      const angle = phase + (2 * Math.PI * rate * pace * at) / RATE;
      for (let axis = 0; axis < AXES; axis++) {
        const still = (gravity[axis] as number) + (tilt[axis] as number);
        // Axes swing a third of a turn apart.
        const moving =
          (swing[axis] as number) * sin(angle + (2 * Math.PI * axis) / AXES) +
          (overtone[axis] as number) * sin(2 * angle + axis);
        inputs[(row * WINDOW + at) * AXES + axis] = still + vigour * moving + noiseStdDev * nextNormal(rng);
      }
    }
    targets[row] = label;
    groups[row] = subject;
  }
  return { numExamples, inputShape: [WINDOW, AXES], inputs, targets, targetSize: 1, groups };
}
