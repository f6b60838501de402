import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { EXIT_STATUS } from "../../cli/verb/exitStatus.ts";
import { wrongUsage } from "../../cli/verb/wrongUsage.ts";
import { type BackupReport, backUp } from "./backup.ts";
import { MANIFEST_NAME } from "./backupManifest.ts";
import { type DoctorReport, examine } from "./doctor.ts";
import { restore } from "./restore.ts";

/** `headwater backup DIR TO`. Exits 0 once the backup is whole and checked, 1 if it could not be made. */
export function backupCommand(): Command {
  return new Command("backup")
    .description("copy a coordinator's run, also while it runs; the copy is checked before it has its name")
    .argument("<directory>", "data folder of the coordinator")
    .argument("<to>", "new folder for the backup")
    .option(
      "--without-key",
      "leave the coordinator's key and the operator's token out; the run cannot go on without the key",
    )
    .option("--json", "print the report as one JSON object")
    .addHelpText("after", "\nExample:\n  headwater backup headwater-data backup-monday")
    .action(
      async (directory: string, to: string, options: { withoutKey?: boolean; json?: boolean }, command: Command) => {
        assertData(directory, command);
        const { withoutKey = false, json = false } = options;
        const report = await backUp({ directory, to, withoutKey, nowMs: Date.now() });
        tell(
          json,
          report,
          `${describeStores(report)}\n  ${keyText(report)}\n\n  ok: ${to} is whole and was read back\n`,
        );
      },
    );
}

/** `headwater restore FROM DIR`. Exits 0 once the folder is whole and checked, 1 if it could not be made. */
export function restoreCommand(): Command {
  return new Command("restore")
    .description("make a data folder of a backup; never overwrites one")
    .argument("<from>", "folder that headwater backup made")
    .argument("<directory>", "new data folder")
    .option("--json", "print the report as one JSON object")
    .addHelpText("after", "\nExample:\n  headwater restore backup-monday headwater-data")
    .action(async (from: string, directory: string, { json = false }: { json?: boolean }, command: Command) => {
      if (!existsSync(join(from, MANIFEST_NAME))) {
        wrongUsage(command, `"${from}" expected a folder that headwater backup made (it holds a ${MANIFEST_NAME})`);
      }
      const report = await restore({ from, directory });
      const next = report.hasKey
        ? `start it as the one that was backed up: its run file, and --data ${directory}`
        : `put the coordinator's key into ${join(directory, "secrets", "coordinator.seed")} before you start it`;
      tell(json, report, `${describeStores(report)}\n\n  ok: as of ${report.createdAt}; ${next}\n`);
    });
}

/** `headwater doctor DIR`. Exits 0 if no error was found, 1 if one was, 2 for wrong usage. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("look for what is wrong with a coordinator's data folder, and say what to do about it")
    .argument("<directory>", "data folder of a coordinator, running or stopped, or a backup")
    .option("--repair", "remove files that nobody needs, close keys to others; nothing a run needs is changed")
    .option("--json", "print the report as one JSON object")
    .addHelpText("after", "\nExample:\n  headwater doctor headwater-data")
    .action(async (directory: string, options: { repair?: boolean; json?: boolean }, command: Command) => {
      assertData(directory, command);
      const { repair = false, json = false } = options;
      const report = await examine({ directory, repair, nowMs: Date.now() });
      tell(json, report, describeFindings(report));
      if (!report.ok) process.exitCode = EXIT_STATUS.failed;
    });
}

function assertData(directory: string, command: Command): void {
  // Blobs alone: the journal was lost, which is no wrong usage.
  if (["journal.db", "runs", "blobs"].some((name) => existsSync(join(directory, name)))) return;
  wrongUsage(command, `"${directory}" expected the data folder of a coordinator (it holds a journal.db)`);
}

function tell(json: boolean, report: unknown, text: string): void {
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : `\n${text}\n`);
}

function describeStores({ stores }: Pick<BackupReport, "stores">): string {
  const lines = stores.map(({ path, head, numBlobs, numBytes, leftOut }) => {
    const size = `${head === undefined ? 0 : head.seq + 1} events, ${numBlobs} blobs of ${(numBytes / 2 ** 20).toFixed(1)} MiB`;
    const lost = leftOut.length === 0 ? "" : `; missing or damaged, and not needed to go on: ${leftOut.join(", ")}`;
    return `  ${path === "" ? "run" : path}: ${size}${lost}`;
  });
  return lines.join("\n");
}

function keyText({ hasKey }: BackupReport): string {
  return hasKey
    ? "the coordinator's key is in it (readable by you alone): who has the backup can sign as this coordinator"
    : "the coordinator's key is not in it: keep it elsewhere, the run cannot go on without it";
}

function describeFindings({ ok, findings }: DoctorReport): string {
  const lines = findings.map(({ check, level, message, mend, isRepaired }) => {
    const way = isRepaired ? "\n              repaired" : mend === undefined ? "" : `\n              -> ${mend}`;
    return `  ${level.padEnd(8)}  ${check}: ${message}${way}`;
  });
  return `${lines.join("\n")}\n\n  ${ok ? "ok: the run can go on" : "FAILED: see the errors above"}\n`;
}
