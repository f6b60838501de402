import { expect, it } from "vitest";
import { runFramesDrill } from "./framesDrill.ts";

it("survives 3,000 hostile frames, ends connections for them, and serves an open round as if nothing were", async () => {
  const { frames, ended } = await runFramesDrill({ seed: 8, frames: 3000 });
  expect(frames).toBeGreaterThanOrEqual(3000);
  expect(ended).toBeGreaterThan(50);
});
