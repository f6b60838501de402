import { stat } from "node:fs/promises";
import { join } from "node:path";
import { openJournalDatabase } from "../store/journalDatabase.ts";
import { assertJournalThere } from "../store/lostJournal.ts";
import { CorruptStoreError, StoreFormatError } from "../store/storeErrors.ts";
import { assertNoneLost, blobsIn } from "../store/storeRecovery.ts";
import { findLogDamage } from "../store/walDamage.ts";
import { verifyStore } from "../verify/verifyStore.ts";
import { checkBlobs } from "./checkBlobs.ts";
import type { StorePorts } from "./copyStore.ts";
import type { Finding } from "./finding.ts";
import { createKeptBlobs } from "./keptBlobs.ts";

export interface CheckedStore {
  readonly findings: readonly Finding[];
  /** The key that the run was created under, hex; undefined if that cannot be read. */
  readonly coordinatorKey: string | undefined;
}

/** Looks at one store: the database file, the chain, what is signed, the blobs. Changes nothing. */
export async function checkStore(directory: string, isRunning: boolean, ports: StorePorts): Promise<CheckedStore> {
  const path = join(directory, "journal.db");
  const findings: Finding[] = [];
  const error = (check: Finding["check"], message: string, mend: string): void => {
    findings.push({ check, level: "error", message, mend });
  };
  const log = await ports.files.read(`${path}-wal`);
  const logDamage = isRunning ? undefined : log && findLogDamage(log); // a running one writes it this moment
  if (logDamage !== undefined) error("database", `${path}-wal: ${logDamage}`, "restore a backup");

  const kept = createKeptBlobs();
  let coordinatorKey: string | undefined;
  let isEmpty = true;
  const { length: numBlobs } = await blobsIn(directory, ports.files); // before the journal is read: a run may be starting
  try {
    await assertJournalThere(path, numBlobs);
    const journal = await openJournalDatabase({ path, readOnly: true, ...ports });
    try {
      const damage = journal.findDamage();
      if (damage !== undefined) error("database", `${path} is damaged: ${damage}`, "restore a backup");
      let numEvents = 0;
      for (const { event } of journal.read(0)) {
        if (event.kind === "run-created") coordinatorKey = event.coordinatorKey;
        kept.observe(event);
        numEvents++;
      }
      isEmpty = numEvents === 0;
      if (isEmpty) assertNoneLost(directory, numBlobs); // to such a journal all blobs are unneeded: none may be removed
      const bytes = (await stat(path)).size + (log?.length ?? 0);
      const size = `${numEvents} events, ${(bytes / 2 ** 20).toFixed(1)} MiB`;
      findings.push({ check: "journal", level: "ok", message: `${path}: the chain holds, ${size}` });
    } finally {
      journal.close();
    }
  } catch (reason) {
    if (reason instanceof StoreFormatError) error("database", reason.message, "run the newer version");
    else if (reason instanceof CorruptStoreError) error("journal", reason.damage, "restore a backup");
    else throw reason;
    return { findings, coordinatorKey };
  }
  if (!isEmpty) findings.push(...(await checkSignatures(directory)));
  findings.push(...(await checkBlobs({ directory, kept, isRunning, files: ports.files })));
  return { findings, coordinatorKey };
}

async function checkSignatures(directory: string): Promise<Finding[]> {
  const { ok, numCommits, numUpdates, problems, numProblems } = await verifyStore(directory, { maxLevel: "headers" });
  if (ok) {
    const message = `${directory}: ${numCommits} commits and ${numUpdates} updates are signed as they should be`;
    return [{ check: "signatures", level: "ok", message }];
  }
  const [first] = problems;
  const where = first?.seq === null || first === undefined ? "" : `event ${first.seq}: `;
  return [
    {
      check: "signatures",
      level: "error",
      message: `${directory}: ${numProblems} problems, the first: ${where}${first?.message}`,
      mend: "headwater verify lists them; the run cannot be trusted as it is",
    },
  ];
}
