import { expect, it } from "vitest";
import { runFramesDrill } from "./framesDrill.ts";

it("survives 2,000 hostile frames, ends connections for them, and serves an open round as if nothing were", async () => {
  const { frames, ended } = await runFramesDrill({ seed: 8, frames: 2000 });
  expect(frames).toBeGreaterThanOrEqual(2000);
  expect(ended).toBeGreaterThan(50);
});
