import { expect, it } from "vitest";
import { memoryFolder } from "../support/memoryFolder.ts";
import { runPowerDrill } from "./store/powerDrill.ts";

const traces = Number(process.env.TRACES ?? 1000);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

it(`survives ${traces} traces of power cuts (TRACES=${traces} SEED=${seed})`, async () => {
  const result = await runPowerDrill({ directory: memoryFolder(), traces, seed });
  console.log(`TRACES=${traces} SEED=${seed}`, result);
  expect(result.numCuts).toBeGreaterThan(traces);
}, 3_600_000);
