import { join } from "node:path";
import { expect, it } from "vitest";
import { memoryFolder } from "../support/memoryFolder.ts";
import { DISK_FAULTS, runDiskFaultDrill } from "./store/diskFaultDrill.ts";
import { runFullDiskDrill } from "./store/fullDiskDrill.ts";
import { mountTmpfs } from "./store/tmpfs.ts";

const times = Number(process.env.TIMES ?? 100);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

it("goes on by itself after each step failed with each of ENOSPC, EIO, EMFILE and EROFS", async () => {
  console.log(await runDiskFaultDrill(memoryFolder(), DISK_FAULTS));
}, 600_000);

it(`goes on by itself after a real disk was full ${times} times (TIMES=${times} SEED=${seed})`, async ({ skip }) => {
  const disk = join(memoryFolder(), "disk");
  if (!mountTmpfs(disk, 8 * 2 ** 20)) skip("a file system of its own needs the right to mount one");
  const result = await runFullDiskDrill(disk, times, seed);
  console.log(result);
  expect(result.numFull).toBe(times);
}, 600_000);
