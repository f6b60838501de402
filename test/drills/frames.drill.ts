import { it } from "vitest";
import { runFramesDrill } from "./framesDrill.ts";

const frames = Number(process.env.FRAMES ?? 100_000);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

it(`survives ${frames} hostile frames (FRAMES=${frames} SEED=${seed})`, async () => {
  console.log(`FRAMES=${frames} SEED=${seed}`);
  const result = await runFramesDrill({ seed, frames });
  console.log(`${result.frames} frames over ${result.connections} connections, ${result.ended} of them ended for it`);
  console.log("no exception, no rejection; the open round was then finished by its members");
}, 1_800_000);
