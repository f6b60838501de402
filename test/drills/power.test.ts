import { expect, it } from "vitest";
import { memoryFolder } from "../support/memoryFolder.ts";
import { runPowerDrill } from "./store/powerDrill.ts";

it("loses nothing that it acknowledged when the power goes and what was not synced is dropped, reordered or torn", async () => {
  const { numCuts, numSurprises } = await runPowerDrill({ directory: memoryFolder(), traces: 60, seed: 3 });
  expect(numCuts).toBeGreaterThan(60);
  expect(numSurprises).toBeGreaterThan(0); // some torn commits were whole, others were not
}, 60_000);
