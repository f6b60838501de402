import { expect, it } from "vitest";
import { memoryFolder } from "../support/memoryFolder.ts";
import { isInLastCommit, logBytesOf, runFlipDrill } from "./flipDrill.ts";

it("opens whole or refuses with a typed error, whichever bit of journal, log, blob or key is flipped", async () => {
  const directory = memoryFolder();
  const { numFlips, refused, lost, untyped } = await runFlipDrill({ directory, placesPerFile: 23, rounds: 12 });
  expect(Object.keys(numFlips)).toHaveLength(5);
  expect(refused).toBeGreaterThan(60);
  expect(untyped).toEqual([]);
  expect(lost.filter((place) => !isInLastCommit(place, logBytesOf(directory)))).toEqual([]);
}, 60_000);
