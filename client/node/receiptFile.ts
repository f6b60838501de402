import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { EvidenceStore, KeptFork, KeptReceipt, ReceiptStore, UpdateName } from "../core/keptReceipt.ts";
import { syncFolderOf, writeDurably } from "./durableFile.ts";

/** What a file of receipts holds, in the order in which it came. */
export interface ReceiptFile {
  readonly receipts: readonly KeptReceipt[];
  readonly forks: readonly KeptFork[];
}

/** A store of receipts in a file. */
export interface OpenReceiptFile extends ReceiptStore {
  readonly evidence: EvidenceStore;
  /** By what the file held when it was opened, as `knownCoordinators` gives them. */
  readonly coordinators: ReturnType<typeof knownCoordinators>;
}

/**
 * Receipts as lines of JSON, appended in the order in which they came; on the disk once `keep` resolves, since the work that
 * they are for is forgotten then. The commits of a receipt are a later line, which names its update; a fork is one too. A line
 * that a crash cut short is passed over: the coordinator gives that receipt again.
 */
export async function openReceiptFile(path: string): Promise<OpenReceiptFile> {
  const newest = new Map<string, KeptReceipt>();
  const text = await readText(path);
  const found = parseLines(text ?? "");
  const coordinators = knownCoordinators(found);
  for (const receipt of found.receipts) newest.set(keyOf(receipt), receipt);
  await mkdir(dirname(path), { recursive: true });
  let isNew = text === undefined;
  let endsMidLine = text !== undefined && text !== "" && !text.endsWith("\n");
  let tail: Promise<unknown> = Promise.resolve();

  async function append(value: object): Promise<void> {
    const line = `${endsMidLine ? "\n" : ""}${JSON.stringify(value)}\n`;
    endsMidLine = true; // until all of it is written: a full disk may take half a line
    await writeDurably(path, "a", line);
    endsMidLine = false;
    if (isNew) await syncFolderOf(path);
    isNew = false;
  }

  function inTurn(write: () => Promise<void>): Promise<void> {
    const written = tail.then(write);
    tail = written.catch(() => undefined); // whoever called hears of it
    return written;
  }

  return {
    keep: (receipt) =>
      inTurn(async () => {
        await append(receipt);
        newest.set(keyOf(receipt), receipt); // only what is in the file is chained to
      }),
    coordinators,
    last: async (runId, clientKey) => newest.get(keyOf({ runId, clientKey })),
    evidence: {
      place: path,
      keepCommits: ({ runId, clientKey, headerHash }, commits) =>
        inTurn(() => append({ runId, clientKey, headerHash, commits })),
      keepFork: (fork) => inTurn(() => append(fork)),
    },
  };
}

/** For whoever checks or shows them: each receipt with its commits. Nothing where there is no file. */
export async function readReceiptFile(path: string): Promise<ReceiptFile> {
  return parseLines((await readText(path)) ?? "");
}

/** The coordinator's key of each run by its newest receipt, whichever of this person's keys that is for. */
export function knownCoordinators({ receipts }: ReceiptFile): Readonly<Record<string, string>> {
  return Object.fromEntries(receipts.map(({ runId, coordinatorKey }) => [runId, coordinatorKey]));
}

function isOf(kept: UpdateName, { runId, clientKey, headerHash }: UpdateName): boolean {
  return kept.runId === runId && kept.clientKey === clientKey && kept.headerHash === headerHash;
}

function keyOf({ runId, clientKey }: Pick<KeptReceipt, "runId" | "clientKey">): string {
  return `${runId} ${clientKey}`;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

type Line = KeptReceipt | KeptFork | (UpdateName & Required<Pick<KeptReceipt, "commits">>);

function parseLines(text: string): ReceiptFile {
  const receipts: KeptReceipt[] = [];
  const forks: KeptFork[] = [];
  for (const line of text.split("\n").flatMap(parseLine)) {
    if ("fork" in line) forks.push(line);
    else if ("receiptHash" in line) receipts.push(line);
    else {
      const at = receipts.findLastIndex((kept) => isOf(kept, line));
      const receipt = receipts[at];
      if (receipt !== undefined) receipts[at] = { ...receipt, commits: line.commits };
    }
  }
  return { receipts, forks };
}

function parseLine(line: string): readonly Line[] {
  try {
    const value = JSON.parse(line) as Partial<KeptReceipt & KeptFork> | null;
    const isOurs =
      typeof value?.receiptHash === "string" || Array.isArray(value?.commits) || Array.isArray(value?.fork);
    return isOurs ? [value as Line] : [];
  } catch {
    return [];
  }
}
