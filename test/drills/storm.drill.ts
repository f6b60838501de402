import { expect, it } from "vitest";
import { temporaryFolder } from "../support/temporaryFolder.ts";
import { runStormDrill } from "./stormDrill.ts";

const clients = Number(process.env.CLIENTS ?? 4000);

it(`gets ${clients} clients back within 45 s of a kill, with no second collapse (CLIENTS=${clients})`, async () => {
  const options = { clients, processes: 2, downMs: 5000, watchMs: 20_000 };
  const result = await runStormDrill({ ...options, directory: temporaryFolder() });
  const { secondsUntil, leastAfterwards, failures, lagMs, versions } = result;
  console.log(
    `half of ${clients} back after ${secondsUntil.half.toFixed(1)} s, 99 % after ${secondsUntil.most.toFixed(1)} s`,
  );
  console.log(
    `never fewer than ${(100 * leastAfterwards).toFixed(1)} % in the 20 s after; ${failures} connections failed`,
  );
  console.log(
    `event loop late by ${Math.round(lagMs.max)} ms at most, ${Math.round(lagMs.p99)} ms at the 99th percentile`,
  );
  console.log(`${versions[0]} rounds before, ${versions[1]} after`);
  expect(secondsUntil.most).toBeLessThan(45);
  expect(leastAfterwards).toBeGreaterThan(0.98);
}, 600_000);
