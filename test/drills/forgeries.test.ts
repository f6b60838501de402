import { expect, it } from "vitest";
import { runForgeriesDrill } from "./forgeriesDrill.ts";

it("accepts none of 1,000 forged, replayed, reordered and poisoned updates, and gives true duplicates their receipt", async () => {
  const { refused, duplicates } = await runForgeriesDrill({ seed: 12, cases: 1000 });
  expect(duplicates).toBe(50);
  const missing = [...refused].filter(([, { count }]) => count === 0).map(([kind]) => kind);
  expect(missing).toEqual([]);
});
