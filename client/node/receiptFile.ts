import { mkdir, open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { KeptReceipt, ReceiptNames, ReceiptStore } from "../core/keptReceipt.ts";
import { syncFolderOf } from "./identityFile.ts";

/**
 * Receipts as lines of JSON, appended in the order in which they came; on the disk once `keep` resolves, since the work that
 * they are for is forgotten then. A line that a crash cut short is passed over: the coordinator gives that receipt again.
 */
export async function openReceiptFile(path: string): Promise<ReceiptStore> {
  const newest = new Map<string, ReceiptNames>();
  const existing = await readLines(path);
  for (const receipt of existing.receipts) newest.set(keyOf(receipt), receipt);
  await mkdir(dirname(path), { recursive: true });
  let { isNew, endsMidLine } = existing;
  let tail: Promise<unknown> = Promise.resolve();

  async function append(receipt: KeptReceipt): Promise<void> {
    const line = `${endsMidLine ? "\n" : ""}${JSON.stringify(receipt)}\n`;
    endsMidLine = true; // until all of it is written: a full disk may take half a line
    await appendDurably(path, line);
    endsMidLine = false;
    if (isNew) await syncFolderOf(path);
    isNew = false;
    newest.set(keyOf(receipt), receipt); // only what is in the file is chained to
  }

  return {
    keep(receipt) {
      const written = tail.then(() => append(receipt));
      tail = written.catch(() => undefined); // whoever called `keep` hears of it
      return written;
    },
    last: async (runId, clientKey) => newest.get(keyOf({ runId, clientKey })),
  };
}

function keyOf({ runId, clientKey }: Pick<KeptReceipt, "runId" | "clientKey">): string {
  return `${runId} ${clientKey}`;
}

async function appendDurably(path: string, line: string): Promise<void> {
  const file = await open(path, "a", 0o600);
  try {
    await file.appendFile(line);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readLines(path: string): Promise<{ receipts: KeptReceipt[]; isNew: boolean; endsMidLine: boolean }> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { receipts: [], isNew: true, endsMidLine: false };
    throw error;
  }
  const receipts = text.split("\n").flatMap((line): KeptReceipt[] => {
    try {
      const value = JSON.parse(line) as Partial<KeptReceipt> | null;
      return typeof value?.receiptHash === "string" ? [value as KeptReceipt] : [];
    } catch {
      return [];
    }
  });
  return { receipts, isNew: false, endsMidLine: text !== "" && !text.endsWith("\n") };
}
