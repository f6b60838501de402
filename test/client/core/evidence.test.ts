import { describe, expect, it } from "vitest";
import { checkKeptCommits } from "../../../client/core/checkKeptCommits.ts";
import { checkKeptFork } from "../../../client/core/checkKeptFork.ts";
import type { ClientEvent } from "../../../client/core/clientEvent.ts";
import type { KeptCommit, KeptFork, KeptReceipt } from "../../../client/core/keptReceipt.ts";
import { nobleSha256 } from "../../../shared/base/nobleSha256.ts";
import { naclVerify } from "../../../shared/crypto/naclEd25519.ts";
import { fakeCoordinator } from "./fakeCoordinator.ts";
import { hashOf } from "./honestWorld.ts";
import { memoryEvidence } from "./memoryEvidence.ts";
import { kept, play } from "./scene.ts";
import { drain } from "./virtualClock.ts";

const OTHERS = hashOf("3");

describe("a client that holds its coordinator to what it signed", () => {
  it.each([
    ["that its update counted", true],
    ["that it was left out, and warns", false],
  ])("keeps with its receipt the signed commit, which proves later %s", async (_, isCounted) => {
    const coordinator = fakeCoordinator();
    const store = memoryEvidence();
    const { events } = await play({ coordinator, ports: { receipts: store }, isWitnessed: true, until: kept });
    const [{ headerHash }] = store.receipts as [KeptReceipt];
    const warnings = () => events.filter(({ kind }) => kind === "warning");
    await coordinator.commit({ round: 0, attempt: 0 }, isCounted ? [OTHERS, headerHash] : [OTHERS]);
    await drain();
    expect(warnings()).toHaveLength(isCounted ? 0 : 1);
    const ports = { verify: naclVerify, sha256: nobleSha256 };
    const [receipt] = store.receipts as [KeptReceipt];
    expect(checkKeptCommits(receipt, ports)).toBeUndefined();
    const commits = store.commitsOf(headerHash) as readonly [KeptCommit];
    expect(checkKeptCommits({ ...receipt, commits }, ports)).toBe(isCounted);
    const [commit] = commits;
    const forgeries: readonly (readonly [string, readonly KeptCommit[]])[] = [
      ["BAD_SIGNATURE", [{ ...commit, signature: receipt.signature }]],
      ["MALFORMED", [{ ...commit, record: receipt.record }]],
      ["DIGEST_MISMATCH", []],
    ];
    for (const [code, forged] of forgeries) {
      const check = (): unknown => checkKeptCommits({ ...receipt, commits: forged }, ports);
      expect(check, code).toThrow(expect.objectContaining({ code }));
    }
    await coordinator.commit({ round: 1, attempt: 0 }, [OTHERS]);
    await drain();
    expect(warnings()).toHaveLength(isCounted ? 0 : 1);
  });

  it("keeps two signed commits that are of no one history, which prove it later, and warns", async () => {
    const coordinator = fakeCoordinator();
    const store = memoryEvidence();
    const { events } = await play({ coordinator, ports: { receipts: store }, isWitnessed: true, until: kept });
    await coordinator.commit({ round: 0, attempt: 0 }, [OTHERS]);
    await coordinator.commit({ round: 0, attempt: 1 }, [OTHERS]);
    await drain();
    const ports = { verify: naclVerify, sha256: nobleSha256 };
    const [fork] = store.forks as [KeptFork];
    expect(checkKeptFork(fork, ports).map(({ attempt }) => attempt)).toEqual([0, 1]);
    expect(events.filter(({ kind }) => kind === "warning")).toContainEqual({
      kind: "warning",
      message: expect.stringContaining("tells two histories"),
    });
    const [earlier, later] = fork.fork;
    const forgeries: readonly (readonly [string, Partial<KeptFork>])[] = [
      ["DIGEST_MISMATCH", { fork: [earlier, earlier] }],
      ["BAD_SIGNATURE", { fork: [earlier, { ...later, signature: earlier.signature }] }],
      ["WRONG_RUN", { runId: "6".repeat(32) }],
    ];
    for (const [code, change] of forgeries) {
      expect(() => checkKeptFork({ ...fork, ...change }, ports), code).toThrow(expect.objectContaining({ code }));
    }
  });

  it("says that a signed commit could not be kept, and goes on", async () => {
    const failing = memoryEvidence({ keepCommits: () => Promise.reject(new Error("disk full")) });
    const coordinator = fakeCoordinator();
    const { events } = await play({ coordinator, ports: { receipts: failing }, isWitnessed: true, until: kept });
    const { receipt } = events.find(({ kind }) => kind === "kept") as ClientEvent & { kind: "kept" };
    await coordinator.commit({ round: 0, attempt: 0 }, [receipt.headerHash]);
    await drain();
    const message = "a signed commit could not be kept: disk full";
    expect(events.filter(({ kind }) => kind === "warning")).toEqual([{ kind: "warning", message }]);
  });
});
