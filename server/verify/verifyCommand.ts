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
      const found = await verifyStore(directory, level ? { maxLevel: level } : {});
      const report = level === "models" ? demandModels(found) : found;
      process.stdout.write(json ? `${JSON.stringify(report)}\n` : describeReport(report));
      if (!report.ok) process.exitCode = EXIT_STATUS.failed;
    });
}

/** That models could not be checked is a problem for whoever asks for them, where it is none of the run's. */
function demandModels(report: VerifyReport): VerifyReport {
  if (!report.ok || report.level === "models") return report;
  const message = `level "models" was not reached: ${report.levelReason}`;
  return { ...report, ok: false, problems: [{ seq: null, message }], numProblems: 1 };
}

/** The report for people: what was counted and found, and the verdict last, in the only line that says what holds. */
export function describeReport(report: VerifyReport): string {
  const lines = [
    `  run           ${report.name ?? "unknown"}  (${report.runId ?? "no id"})`,
    `  coordinator   ${report.coordinatorKey ?? "unknown key"}`,
    `  journal       ${count(report.numEvents, "event")}, chain ${report.chainHash ?? "empty"}`,
    `  updates       ${report.numUpdates}`,
    `  commits       ${report.numCommits}, ${count(report.numAborted, "aborted attempt")}`,
    `  params        ${report.paramsHash ?? "none"}`,
    `  models        ${report.numModelsRecomputed} of ${report.numCommits} recomputed bit for bit`,
  ];
  for (const { seq, message } of report.problems) {
    lines.push(`  problem       ${seq === null ? "" : `event ${seq}: `}${message}`);
  }
  const hidden = report.numProblems - report.problems.length;
  if (hidden > 0) lines.push(`  problem       and ${hidden} more`);
  return `\n${lines.join("\n")}\n\n  ${verdictOf(report)}\n\n`;
}

function verdictOf({ ok, numProblems, level, levelReason }: VerifyReport): string {
  if (!ok) return `FAILED: ${count(numProblems, "problem")}`;
  return level === "models"
    ? "ok: chain, signatures and every model hold"
    : `ok: chain and signatures hold; models were not checked: ${levelReason}`;
}

function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? "" : "s"}`;
}
