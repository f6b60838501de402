import { chmod, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "../../shared/base/hash.ts";
import { createNodeSigner } from "../crypto/nodeEd25519.ts";
import { loadCoordinatorSeed } from "../store/coordinatorSeed.ts";
import { CorruptStoreError } from "../store/storeErrors.ts";
import type { StoreFiles } from "../store/storeFiles.ts";
import type { Finding } from "./finding.ts";

/** Space below which a round may not fit any more. */
const LOW_DISK_BYTES = 256 * 2 ** 20;
/** A file from so far in the future means that the clock was set back. */
const CLOCK_SLACK_MS = 5 * 60_000;

/** Is the coordinator's key there, whole, and the one that the runs were created under? */
export async function checkKey(directory: string, runKeys: ReadonlySet<string>, files: StoreFiles): Promise<Finding> {
  const path = join(directory, "secrets", "coordinator.seed");
  const error = (message: string, mend: string): Finding => ({ check: "key", level: "error", message, mend });
  if (!(await files.exists(path))) {
    if (runKeys.size === 0) return { check: "key", level: "ok", message: "no key yet: no run was started here" };
    return error(`${path} is missing`, "copy it from a backup: without it the run cannot go on under its key");
  }
  try {
    const key = toHex(createNodeSigner(await loadCoordinatorSeed({ directory, files })).publicKey);
    const others = [...runKeys].filter((runKey) => runKey !== key);
    if (others.length === 0) return { check: "key", level: "ok", message: `${path} is the key of the run` };
    return error(`${path} is the key ${key}, a run was created under ${others[0]}`, "copy the right one from a backup");
  } catch (reason) {
    if (!(reason instanceof CorruptStoreError)) throw reason;
    return error(reason.damage, "copy it from a backup");
  }
}

/** Keys and updates are for the owner alone. */
export async function checkPermissions(directory: string, files: StoreFiles): Promise<Finding[]> {
  if (process.platform === "win32") return [];
  const secrets = join(directory, "secrets");
  const names = (await files.exists(secrets)) ? await files.list(secrets) : [];
  const wanted: (readonly [path: string, mode: number])[] = [
    [directory, 0o700],
    ...(names.length > 0 ? [[secrets, 0o700] as const] : []),
    ...names.map((name) => [join(secrets, name), 0o600] as const),
  ];
  const findings: Finding[] = [];
  for (const [path, mode] of wanted) {
    const actual = (await stat(path)).mode & 0o777;
    if ((actual & 0o077) === 0) continue;
    findings.push({
      check: "permissions",
      level: "warning",
      message: `${path} is open to others: mode 0${actual.toString(8)}, expected 0${mode.toString(8)}`,
      mend: `chmod 0${mode.toString(8)} ${path}, or headwater doctor --repair`,
      repair: () => chmod(path, mode),
    });
  }
  if (findings.length > 0) return findings;
  return [{ check: "permissions", level: "ok", message: "the folder and its keys are for their owner alone" }];
}

export async function checkDisk(directory: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  const message = `${Math.floor(free / 2 ** 20).toLocaleString("en")} MiB are free where ${directory} lies`;
  if (free >= LOW_DISK_BYTES) return { check: "disk", level: "ok", message };
  return {
    check: "disk",
    level: "warning",
    message,
    mend: "free space: a full disk pauses the run until there is room",
  };
}

/** Deadlines do not need the wall clock; certificates, logs and backups do. */
export async function checkClock(paths: readonly string[], nowMs: number): Promise<Finding> {
  for (const path of paths) {
    const { mtimeMs } = await stat(path);
    if (mtimeMs <= nowMs + CLOCK_SLACK_MS) continue;
    return {
      check: "clock",
      level: "warning",
      message: `${path} was written at ${new Date(mtimeMs).toISOString()}, it is ${new Date(nowMs).toISOString()} now`,
      mend: "set the machine's clock; rounds do not depend on it, times in logs and backups do",
    };
  }
  return { check: "clock", level: "ok", message: "no file is from the future" };
}
