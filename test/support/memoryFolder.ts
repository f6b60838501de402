import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A new folder that goes with the test, in memory where the system has such a place: for thousands of starts and syncs. */
export function memoryFolder(): string {
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "headwater-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
