import { createRng, type Rng } from "../shared/base/rng.ts";

/** How fast one virtual client is. It decides when things happen in virtual time, never what is computed. */
export interface Device {
  readonly examplesPerSecond: number;
  readonly downlinkBytesPerSecond: number;
  readonly uplinkBytesPerSecond: number;
}

/** Ranges that devices are drawn from, [slowest, fastest], uniformly. */
export interface DevicePlan {
  readonly seed: number;
  readonly examplesPerSecond: readonly [number, number];
  readonly downlinkBytesPerSecond: readonly [number, number];
  readonly uplinkBytesPerSecond: readonly [number, number];
}

/** From an old phone on a mobile network to a laptop at home. */
export const DEFAULT_DEVICES = {
  examplesPerSecond: [2_000, 30_000],
  downlinkBytesPerSecond: [500_000, 10_000_000],
  uplinkBytesPerSecond: [200_000, 3_000_000],
} as const;

/** The device of one client: it depends on the plan's seed and the client's index alone. */
export function drawDevice(plan: DevicePlan, client: number): Device {
  const rng = createRng(plan.seed, "device", client);
  return {
    examplesPerSecond: between(plan.examplesPerSecond, rng),
    downlinkBytesPerSecond: between(plan.downlinkBytesPerSecond, rng),
    uplinkBytesPerSecond: between(plan.uplinkBytesPerSecond, rng),
  };
}

function between([low, high]: readonly [number, number], rng: Rng): number {
  return low + (high - low) * rng.nextFloat();
}
