import { describe, expect, it } from "vitest";
import type { JournalEvent } from "../../../server/store/journalEvent.ts";
import { createMemoryStore } from "../../../server/store/memoryStore.ts";
import { openStore } from "../../../server/store/sqliteStore.ts";
import type { Store } from "../../../server/store/store.ts";
import { CorruptStoreError } from "../../../server/store/storeErrors.ts";
import { describeReport } from "../../../server/verify/verifyCommand.ts";
import { verifyStore } from "../../../server/verify/verifyStore.ts";
import { hashOf } from "../../support/sampleJournal.ts";
import { playSignedRun } from "../../support/signedRun.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

/** What verify says about a run of two rounds whose coordinator changed this event. */
async function verifyTampered(tamper: (event: JournalEvent) => readonly JournalEvent[]): Promise<string[]> {
  const store = createMemoryStore();
  await playSignedRun(store, { retention: "all", rounds: 2, tamper });
  const report = await verifyStore(store);
  expect(report.ok).toBe(report.problems.length === 0);
  return report.problems.map(({ message }) => message);
}

/** Changes the first event of a kind. */
function once<K extends JournalEvent["kind"]>(
  kind: K,
  change: (event: Extract<JournalEvent, { kind: K }>) => readonly JournalEvent[],
): (event: JournalEvent) => readonly JournalEvent[] {
  let isDone = false;
  return (event) => {
    if (event.kind !== kind || isDone) return [event];
    isDone = true;
    return change(event as Extract<JournalEvent, { kind: K }>);
  };
}

/** Another digit in the middle of a base64 text. */
function flip(base64: string): string {
  const middle = base64.length >> 1;
  return `${base64.slice(0, middle)}${base64[middle] === "A" ? "B" : "A"}${base64.slice(middle + 1)}`;
}

describe("verifyStore", () => {
  it("recomputes every model bit for bit where updates are kept", async () => {
    const store = createMemoryStore();
    const paramsHash = await playSignedRun(store, { retention: "all", rounds: 3 });
    const report = await verifyStore(store);
    expect(report.problems).toEqual([]);
    expect(report).toMatchObject({
      ok: true,
      level: "models",
      levelReason: null,
      name: "tiny run",
      numEvents: 1 + 3 * 6,
      numCommits: 3,
      numUpdates: 9,
      numModelsRecomputed: 3,
      paramsHash,
    });
  });

  it("says that it checked chain and signatures alone where updates are let go", async () => {
    const store = createMemoryStore();
    await playSignedRun(store, { retention: "headers", rounds: 2 });
    const report = await verifyStore(store);
    expect(report).toMatchObject({ ok: true, level: "headers", numModelsRecomputed: 0, numCommits: 2 });
    expect(report.levelReason).toMatch(/retention "headers"/);
  });

  it("reads a directory while its coordinator has it open, and after", async () => {
    const directory = temporaryFolder();
    const store = await openStore({ directory });
    const paramsHash = await playSignedRun(store, { retention: "all", rounds: 2 });
    const running = await verifyStore(directory);
    expect(running).toMatchObject({ ok: true, level: "models", numCommits: 2, paramsHash });
    await store.close();
    expect(await verifyStore(directory)).toEqual(running);
  });

  it("finds a model that its updates do not give, however well it is signed", async () => {
    const store = createMemoryStore();
    await playSignedRun(store, { retention: "all", rounds: 3, cheatInRound: 1 });
    const report = await verifyStore(store);
    expect(report).toMatchObject({ ok: false, level: "headers", numProblems: 1, numModelsRecomputed: 1 });
    expect(report.problems[0]?.message).toMatch(
      /round 1 could not be recomputed: its updates give the paramsHash sha256-/,
    );
  });

  it("names initial params whose file was damaged, and checks all the rest", async () => {
    const store = createMemoryStore();
    await playSignedRun(store, { retention: "all", rounds: 2 });
    const first = [...store.events()][0]?.event;
    const initial = first?.kind === "run-created" ? first.paramsHash : undefined;
    const damaged: Store = {
      ...store,
      getBlob: (hash) =>
        hash === initial ? Promise.reject(new CorruptStoreError(`blob ${hash} is damaged`)) : store.getBlob(hash),
    };
    const report = await verifyStore(damaged);
    expect(report).toMatchObject({ ok: false, level: "headers", numProblems: 1, numCommits: 2, numUpdates: 6 });
    expect(report.problems[0]?.message).toContain(`initial params: blob ${initial} is damaged`);
  });

  it.each<[string, (event: JournalEvent) => readonly JournalEvent[], RegExp]>([
    ["a plan that does not match its hash", once("run-created", (e) => [{ ...e, planHash: hashOf("x") }]), /planHash/],
    [
      "a model that does not match its hash",
      once("run-created", (e) => [{ ...e, model: { ...e.model, name: "y" } }]),
      /modelHash/,
    ],
    [
      "another coordinator's key",
      once("run-created", (e) => [{ ...e, coordinatorKey: "11".repeat(32) }]),
      /coordinator/,
    ],
    ["a forged signature", once("update-accepted", (e) => [{ ...e, signature: flip(e.signature) }]), /signature/],
    ["a changed header", once("update-accepted", (e) => [{ ...e, header: flip(e.header) }]), /expected/],
    ["a changed manifest", once("update-accepted", (e) => [{ ...e, manifest: flip(e.manifest) }]), /manifestHash/],
    [
      "a weight that was not signed",
      once("update-accepted", (e) => [{ ...e, weight: 99 }]),
      /"weight" expected 10, got 99/,
    ],
    ["a client outside the cohort", once("update-accepted", (e) => [{ ...e, clientId: "22".repeat(32) }]), /cohort/],
    ["an update that counts twice", once("update-accepted", (e) => [e, e]), /accepted twice/],
    [
      "an accepted update that was left out",
      once("round-sealed", (e) => [{ ...e, headerHashes: e.headerHashes.slice(1) }]),
      /not among the sealed/,
    ],
    [
      "an update that nobody sent",
      once("round-sealed", (e) => [{ ...e, headerHashes: [...e.headerHashes, hashOf("x")] }]),
      /never accepted/,
    ],
    ["a commit without a seal", once("round-sealed", () => []), /without being sealed/],
    [
      "params that the updates do not give",
      once("round-committed", (e) => [{ ...e, paramsHash: hashOf("x") }]),
      /paramsHash/,
    ],
    [
      "metrics that were not signed",
      once("round-committed", (e) => [{ ...e, metrics: { testAccuracy: 0.99 } }]),
      /metricsHash/,
    ],
    [
      "a commit that the coordinator did not sign",
      once("round-committed", (e) => [{ ...e, signature: flip(e.signature) }]),
      /coordinator's signature/,
    ],
    ["a round that is committed twice", once("round-committed", (e) => [e, e]), /out of place/],
    [
      "a cohort that trained from other params",
      once("round-opened", (e) => [{ ...e, paramsHash: hashOf("x") }]),
      /paramsHash/,
    ],
  ])("finds %s", async (_, tamper, expected) => {
    expect((await verifyTampered(tamper)).join("\n")).toMatch(expected);
  });

  it("tells people what it found", async () => {
    const store = createMemoryStore();
    await playSignedRun(store, { retention: "all", rounds: 1 });
    expect(describeReport(await verifyStore(store))).toMatch(
      /1 of 1 recomputed bit for bit[\s\S]*ok: chain, signatures and every model/,
    );
    expect(describeReport(await verifyStore(createMemoryStore()))).toMatch(/journal is empty[\s\S]*FAILED: 1 problem/);
  });
});
