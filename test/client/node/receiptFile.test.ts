import { appendFile, mkdir, open, readFile, rename, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { KeptCommit, KeptReceipt } from "../../../client/core/keptReceipt.ts";
import { openReceiptFile, readReceiptFile } from "../../../client/node/receiptFile.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";
import { hashOf } from "../core/honestWorld.ts";

const receiptOf = (round: number, digit: string): KeptReceipt => ({
  runId: "1".repeat(32),
  round,
  attempt: 0,
  clientKey: "c".repeat(64),
  coordinatorKey: "d".repeat(64),
  headerHash: hashOf(`${round}`),
  receiptHash: hashOf(digit),
  journalSeq: round,
  numExamples: 10,
  trainLoss: 0.5,
  header: "",
  record: "",
  signature: "",
});
const { runId, clientKey } = receiptOf(0, "0");

/** What is called when a file or folder is forced to the disk. */
async function spyOnSync() {
  const folder = await open(temporaryFolder(), "r");
  const spy = vi.spyOn(Object.getPrototypeOf(folder) as { sync(): Promise<void> }, "sync");
  await folder.close();
  onTestFinished(() => spy.mockRestore());
  return spy;
}

describe("openReceiptFile", () => {
  it("has a receipt on the disk before it is said to be kept, and the name of a new file too", async () => {
    const sync = await spyOnSync();
    const path = join(temporaryFolder(), "receipts.jsonl");
    const store = await openReceiptFile(path);
    await store.keep(receiptOf(0, "1"));
    expect(sync).toHaveBeenCalledTimes(2);
    await store.keep(receiptOf(1, "2"));
    expect(sync).toHaveBeenCalledTimes(3);
    sync.mockRejectedValueOnce(new Error("the disk is gone"));
    await expect(store.keep(receiptOf(2, "3"))).rejects.toThrow("the disk is gone");
    expect(await store.last(runId, clientKey)).toMatchObject({ receiptHash: hashOf("2") });
  });

  it("appends a line each and names the last one after a restart", async () => {
    const path = join(temporaryFolder(), "new", "receipts.jsonl");
    const store = await openReceiptFile(path);
    expect(await store.last(runId, clientKey)).toBeUndefined();
    await Promise.all([store.keep(receiptOf(0, "1")), store.keep(receiptOf(1, "2"))]);
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual([receiptOf(0, "1"), receiptOf(1, "2")]);
    const again = await openReceiptFile(path);
    expect(await again.last(runId, clientKey)).toMatchObject({ receiptHash: hashOf("2") });
    expect(await again.last("2".repeat(32), clientKey)).toBeUndefined();
  });

  it("passes over a line that a crash cut short, and does not write into it", async () => {
    const path = join(temporaryFolder(), "receipts.jsonl");
    const store = await openReceiptFile(path);
    await store.keep(receiptOf(0, "1"));
    await appendFile(path, '{"runId":"111');
    const again = await openReceiptFile(path);
    expect(await again.last(runId, clientKey)).toMatchObject({ receiptHash: hashOf("1") });
    await again.keep(receiptOf(1, "2"));
    expect(await (await openReceiptFile(path)).last(runId, clientKey)).toMatchObject({ receiptHash: hashOf("2") });
  });

  it("keeps commits and forks on lines of their own: older versions pass over them, and what those wrote is read", async () => {
    const path = join(temporaryFolder(), "receipts.jsonl");
    const receipts = [receiptOf(0, "1"), receiptOf(1, "2")] as const;
    await appendFile(path, receipts.map((receipt) => `${JSON.stringify(receipt)}\n`).join("")); // as before commits were kept
    const { evidence } = await openReceiptFile(path);
    expect(evidence.place).toBe(path);
    const commitOf = (record: string): KeptCommit => ({ record, signature: "c2ln" });
    await evidence.keepCommits(receipts[0], [commitOf("b25l")]);
    await evidence.keepCommits(receipts[0], [commitOf("dHdv"), commitOf("c2l4")]);
    await evidence.keepCommits({ ...receipts[1], runId: "2".repeat(32) }, [commitOf("b25l")]); // it has no such receipt
    const fork = { runId, coordinatorKey: "d".repeat(64), fork: [commitOf("b25l"), commitOf("dHdv")] } as const;
    await evidence.keepFork(fork);
    await appendFile(path, '{"runId":"111","commits":[{"record":"cmVj"}');
    const lines = (await readFile(path, "utf8")).split("\n").slice(0, -1);
    expect(lines.map((line) => "receiptHash" in JSON.parse(line))).toEqual([true, true, false, false, false, false]);
    expect(await readReceiptFile(path)).toEqual({
      receipts: [{ ...receipts[0], commits: [commitOf("dHdv"), commitOf("c2l4")] }, receipts[1]],
      forks: [fork],
    });
    const again = await openReceiptFile(path);
    expect(await again.last(runId, clientKey)).toMatchObject({ receiptHash: hashOf("2") });
    expect(await readReceiptFile(join(path, "..", "none.jsonl"))).toEqual({ receipts: [], forks: [] });
  });

  it("chains only to receipts that are in the file, and goes on after a failed write on a line of its own", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "receipts.jsonl");
    const store = await openReceiptFile(path);
    await store.keep(receiptOf(0, "1"));
    await rename(path, join(folder, "kept.jsonl"));
    await mkdir(path); // appending to a folder fails
    await expect(store.keep(receiptOf(1, "2"))).rejects.toThrow("EISDIR");
    expect(await store.last(runId, clientKey)).toMatchObject({ receiptHash: hashOf("1") });
    await rmdir(path);
    await rename(join(folder, "kept.jsonl"), path);
    await appendFile(path, '{"half'); // what a full disk leaves of a line
    await store.keep(receiptOf(2, "3"));
    expect(await (await openReceiptFile(path)).last(runId, clientKey)).toMatchObject({ receiptHash: hashOf("3") });
  });
});
