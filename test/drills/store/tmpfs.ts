import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { onTestFinished } from "vitest";

/** Mounts a file system in memory of so many bytes there, for the time of the test; false where that is not allowed. */
export function mountTmpfs(folder: string, numBytes: number): boolean {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${numBytes}`, "headwater-drill", folder], { stdio: "ignore" });
  } catch {
    return false;
  }
  // Lazily: where SQLite is not the one built into Node, closed databases hold their files until they are collected.
  onTestFinished(() => void execFileSync("umount", ["-l", folder]));
  return true;
}
