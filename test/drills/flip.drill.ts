import { expect, it } from "vitest";
import { memoryFolder } from "../support/memoryFolder.ts";
import { isInLastCommit, logBytesOf, runFlipDrill } from "./flipDrill.ts";

const placesPerFile = Number(process.env.PLACES ?? 2000);

it(`notices flipped bits at ${placesPerFile} places a file (PLACES=${placesPerFile})`, async () => {
  const directory = memoryFolder();
  const { numFlips, refused, unharmed, lost, untyped } = await runFlipDrill({ directory, placesPerFile, rounds: 40 });
  console.log(numFlips, `${refused} refused, ${unharmed} read whole, ${lost.length} in the last commit of the log`);
  expect(untyped).toEqual([]);
  expect(lost.filter((place) => !isInLastCommit(place, logBytesOf(directory)))).toEqual([]);
}, 1_200_000);
