import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command, Option } from "commander";
import { EXIT_STATUS } from "../../cli/verb/exitStatus.ts";
import { wrongUsage } from "../../cli/verb/wrongUsage.ts";
import type { VerifyLevel, VerifyReport } from "./verifyReport.ts";
import { verifyStore } from "./verifyStore.ts";

interface VerifyOptions {
  readonly json?: boolean;
  readonly level?: VerifyLevel;
}

/**
 * `headwater verify DIR`: replays a run's journal. Exits 0 if everything holds, 1 if not or if the level that was asked
 * for could not be reached, 2 for wrong usage.
 */
export function verifyCommand(): Command {
  return new Command("verify")
    .description("replay a run's journal: chain, signatures, and every model bit for bit where updates are kept")
    .argument("<directory>", "data directory of a coordinator, running or stopped")
    .addOption(
      new Option(
        "--level <level>",
        "headers: chain and signatures alone; models: fail unless every model was recomputed (default: as far as it goes)",
      ).choices(["headers", "models"]),
    )
    .option("--json", "print the report as one JSON object")
    .addHelpText("after", "\nExample:\n  headwater verify headwater-data --level models")
    .action(async (directory: string, { json = false, level }: VerifyOptions, command: Command) => {
      if (!existsSync(join(directory, "journal.db"))) {
        wrongUsage(
          command,
          `"${directory}" expected the data directory of a coordinator (it holds a journal.db); ` +
            "it is the one that `headwater serve --data` was given",
        );
      }
      const report = await verifyStore(directory, level ? { maxLevel: level } : {});
      process.stdout.write(json ? `${JSON.stringify(report)}\n` : describeReport(report));
      if (!report.ok) process.exitCode = EXIT_STATUS.failed;
      if (level === "models" && report.level !== "models") {
        process.stderr.write(`headwater: level "models" was not reached: ${report.levelReason}\n`);
        process.exitCode = EXIT_STATUS.failed;
      }
    });
}

/** The report for people. */
export function describeReport(report: VerifyReport): string {
  const lines = [
    `  run           ${report.name ?? "unknown"}  (${report.runId ?? "no id"})`,
    `  coordinator   ${report.coordinatorKey ?? "unknown key"}`,
    `  journal       ${count(report.numEvents, "event")}, chain ${report.chainHash ?? "empty"}`,
    `  updates       ${report.numUpdates} signed by their clients`,
    `  commits       ${report.numCommits}, ${count(report.numAborted, "aborted attempt")}`,
    `  params        ${report.paramsHash ?? "none"}`,
    `  level         ${levelText(report)}`,
  ];
  for (const { seq, message } of report.problems) {
    lines.push(`  problem       ${seq === null ? "" : `event ${seq}: `}${message}`);
  }
  const hidden = report.numProblems - report.problems.length;
  if (hidden > 0) lines.push(`  problem       and ${hidden} more`);
  const verdict = report.ok ? "ok: everything checked holds" : `FAILED: ${count(report.numProblems, "problem")}`;
  return `\n${lines.join("\n")}\n\n  ${verdict}\n\n`;
}

function levelText({ level, levelReason, numModelsRecomputed }: VerifyReport): string {
  return level === "models"
    ? `chain, signatures, and ${count(numModelsRecomputed, "model")} recomputed bit for bit`
    : `chain and signatures; models not recomputed: ${levelReason}`;
}

function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? "" : "s"}`;
}
