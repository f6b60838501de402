import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { createNodeSigner, nodeVerify } from "../../../server/crypto/nodeEd25519.ts";
import { createRunIdentity, type RunIdentity } from "../../../server/identity/runIdentity.ts";
import { createRun } from "../../../server/openRun.ts";
import { hostRun } from "../../../server/runs/hostedRun.ts";
import { paramsFormatOf } from "../../../server/runs/paramsFormatOf.ts";
import { toBase64 } from "../../../server/store/base64.ts";
import type { JournalEvent } from "../../../server/store/journalEvent.ts";
import { createMemoryStore } from "../../../server/store/memoryStore.ts";
import { nodeSha256 } from "../../../server/store/nodeSha256.ts";
import type { Store } from "../../../server/store/store.ts";
import { StoreReadOnlyError } from "../../../server/store/storeErrors.ts";
import { verifyStore } from "../../../server/verify/verifyStore.ts";
import { toHex } from "../../../shared/base/hash.ts";
import type { Signer } from "../../../shared/crypto/signer.ts";
import { webRandom } from "../../../shared/crypto/webRandom.ts";
import type { IdentityPlan } from "../../../shared/protocol/identityPlan.ts";
import { type Roster, signRoster } from "../../../shared/protocol/roster.ts";
import { createRotate } from "../../../shared/protocol/rotation.ts";
import type { RunPlan } from "../../../shared/protocol/runPlan.ts";
import { seedOf } from "../../support/rawClient.ts";
import { tinyModel } from "../../support/testCoordinator.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

const coordinatorKey = createNodeSigner(seedOf("coordinator")).publicKey;
const operator = createNodeSigner(seedOf("operator"));
const keyOf = (name: string): string => toHex(createNodeSigner(seedOf(name)).publicKey);
const onRoster = { kind: "enrolled", operatorKey: toHex(operator.publicKey) } as const;

interface World {
  readonly plan: RunPlan;
  readonly store: Store;
  readonly identity: RunIdentity;
  nowMs: number;
  /** Why the next append fails. */
  fault: Error | undefined;
  /** What appends wait for. */
  disk: Promise<void> | undefined;
  /** Why the store takes no writes. */
  readOnlyReason: string | undefined;
  /** How often the journal was read. */
  numReadings: number;
  readonly faults: unknown[];
}

async function startRun(mode: IdentityPlan): Promise<World> {
  const memory = createMemoryStore();
  const parts = { coordinatorKey, random: webRandom, sha256: nodeSha256, paramsFormatOf };
  const { run } = await createRun({ ...parts, store: memory, plan: { name: "x", identity: mode }, model: tinyModel() });
  const world = {
    nowMs: 1_000_000,
    fault: undefined as Error | undefined,
    disk: undefined as Promise<void> | undefined,
    readOnlyReason: undefined as string | undefined,
    numReadings: 0,
    faults: [] as unknown[],
    store: {
      ...memory,
      get readOnlyReason(): string | undefined {
        return world.readOnlyReason;
      },
      events(fromSeq?: number) {
        world.numReadings++;
        return memory.events(fromSeq);
      },
      append: async (event: JournalEvent) => {
        if (world.fault !== undefined) throw world.fault;
        await world.disk;
        return memory.append(event);
      },
    },
  };
  const ports = { store: world.store, verify: nodeVerify, sha256: nodeSha256, random: webRandom, coordinatorKey };
  const onFault = (error: unknown) => void world.faults.push(error);
  const identity = createRunIdentity({ ...ports, plan: run.plan, wallClockMs: () => world.nowMs, onFault });
  return Object.assign(world, { identity, plan: run.plan });
}

it("turns away a successor that came in before the rotation, which could not be written, was durable", async () => {
  const world = await startRun("token");
  const { identity, plan } = world;
  const [invitation] = await identity.issueInvitations(1, 1000);
  const [old, next] = ["old", "next"].map((name) => createNodeSigner(seedOf(name))) as [Signer, Signer];
  await identity.admit(toHex(old.publicKey), invitation!.secret);
  let fail = (_error: Error): void => {};
  world.disk = new Promise((_, reject) => {
    fail = reject;
  });
  const rotation = { runId: plan.runId, coordinatorKey, keyEpoch: 1 };
  const rotating = identity.rotate(toHex(old.publicKey), await createRotate(rotation, old, next));
  await identity.admit(toHex(next.publicKey), undefined);
  const told: string[] = [];
  identity.watch(toHex(next.publicKey), ({ code }) => told.push(code));
  fail(new Error("no room"));
  await expect(rotating).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(told).toEqual(["NOT_ENROLLED"]);
});

describe("a disk that takes no writes", () => {
  it("has the journal read once for all that fails together, and not at all for who comes after", async () => {
    const world = await startRun("token");
    const invitations = await world.identity.issueInvitations(4, 5000);
    const enrol = (index: number): Promise<void> =>
      world.identity.admit(keyOf(`${index}`), invitations[index]?.secret ?? new Uint8Array(32));
    let fail = (_error: Error): void => {};
    world.disk = new Promise((_, reject) => {
      fail = reject;
    });
    const batch = [0, 1, 2].map(enrol);
    const before = world.numReadings;
    world.readOnlyReason = "no room";
    fail(new Error("no room"));
    const refused = { status: "rejected", reason: { code: "UNAVAILABLE", retryAfterMs: 30_000 } };
    expect(await Promise.allSettled(batch)).toMatchObject([refused, refused, refused]);
    expect(await Promise.allSettled([enrol(2), enrol(3), enrol(4)])).toMatchObject([refused, refused, refused]);
    expect(world.numReadings - before).toBe(1);

    world.readOnlyReason = undefined;
    world.disk = undefined;
    await Promise.all([0, 1, 2, 3].map(enrol)); // no invitation was used up
  });

  it("is told of once until it takes writes again, also where others found it first", async () => {
    const world = await startRun("token");
    const full = new Error("no room");
    const invite = () => world.identity.issueInvitations(1, 5000);
    const failing = () => expect(invite()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    world.fault = full;
    await failing();
    expect(world.faults).toEqual([]); // the store goes on: nothing for a run to wait for
    world.readOnlyReason = "no room";
    await failing();
    await failing();
    expect(world.faults).toMatchObject([{ name: "StoreReadOnlyError", message: "no room" }]);
    world.readOnlyReason = undefined;
    world.fault = undefined;
    await invite();
    let fail = (_error: Error): void => {};
    world.disk = new Promise((_, reject) => {
      fail = reject;
    });
    const two = [failing(), failing()];
    world.readOnlyReason = "no room again";
    fail(full);
    await Promise.all(two);
    expect(world.faults.slice(1)).toEqual([full]);
  });

  it("takes them again by itself once it has room: a run that nobody is in yet is not shut for ever", async () => {
    const clock = createVirtualClock();
    const memory = createMemoryStore();
    const disk = { isFull: false, reason: undefined as string | undefined };
    const store: Store = {
      ...memory,
      get readOnlyReason() {
        return disk.reason;
      },
      get canReopen() {
        return disk.reason !== undefined;
      },
      async reopen() {
        if (!disk.isFull) disk.reason = undefined;
        return !disk.isFull;
      },
      async append(event) {
        if (disk.isFull) disk.reason = "no space left on the disk";
        if (disk.reason !== undefined) throw new StoreReadOnlyError(disk.reason);
        return memory.append(event);
      },
    };
    const model = tinyModel();
    const signer = createNodeSigner(seedOf("coordinator"));
    const parts = { store, random: webRandom, sha256: nodeSha256 };
    const plan = { name: "x", identity: "token" } as const;
    const { run } = await createRun({ ...parts, coordinatorKey, paramsFormatOf, plan, model });
    const { coordinator, identity, drain } = await hostRun({
      ...{ run, model, settings: { minRoundMs: 0 }, timing: { mendMs: 5000 } },
      ports: {
        ...{ ...parts, clock, signer, verify: nodeVerify, wallClockMs: () => 0 },
        ...{ logger: pino({ level: "silent" }), broadcaster: { broadcast() {} }, paramsFormat: paramsFormatOf(model) },
      },
    });
    coordinator.start();
    disk.isFull = true;
    await expect(identity.issueInvitations(1, 5000)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(coordinator.view.paused).toMatch(/no space left on the disk/);
    disk.isFull = false;
    clock.advance(5000);
    await new Promise(setImmediate);
    expect(coordinator.view.paused).toBeUndefined();
    expect(await identity.issueInvitations(1, 5000)).toHaveLength(1);
    await drain();
  });
});

describe("an invitation", () => {
  it("is good until it expires, and a key that came in by it stays", async () => {
    const world = await startRun("token");
    const [early, late] = await world.identity.issueInvitations(2, 5000);
    world.nowMs += 4999;
    await world.identity.admit(keyOf("a"), early?.secret);
    world.nowMs += 1;
    await expect(world.identity.admit(keyOf("b"), late?.secret)).rejects.toMatchObject({ code: "INVITATION_EXPIRED" });
    await world.identity.admit(keyOf("a"), undefined);
  });

  it("is not used up by an enrolment that could not be written", async () => {
    const world = await startRun("token");
    const [invitation] = await world.identity.issueInvitations(1, 5000);
    world.fault = new Error("disk full");
    const failed = world.identity.admit(keyOf("a"), invitation?.secret);
    await expect(failed).rejects.toMatchObject({ code: "UNAVAILABLE", retryAfterMs: 30_000 });
    world.fault = undefined;
    await world.identity.admit(keyOf("b"), invitation?.secret);
    const again = world.identity.admit(keyOf("a"), invitation?.secret);
    await expect(again).rejects.toMatchObject({ code: "INVITATION_USED" });
  });

  it("lets a key in by no connection before that is durable", async () => {
    const world = await startRun("token");
    const [invitation] = await world.identity.issueInvitations(1, 5000);
    let write = (): void => {};
    world.disk = new Promise((resolve) => {
      write = resolve;
    });
    let numIn = 0;
    const both = [1, 2].map(() => world.identity.admit(keyOf("a"), invitation?.secret).then(() => numIn++));
    await new Promise(setImmediate);
    expect(numIn).toBe(0);
    write();
    await Promise.all(both);
  });

  it("does not let in a key that is revoked while its enrolment is written", async () => {
    const world = await startRun("token");
    const [invitation] = await world.identity.issueInvitations(1, 5000);
    let write = (): void => {};
    world.disk = new Promise((resolve) => {
      write = resolve;
    });
    const admitted = world.identity.admit(keyOf("a"), invitation?.secret);
    await new Promise(setImmediate);
    const revoked = world.identity.revoke(keyOf("a"), "stolen");
    write();
    await Promise.all([admitted, revoked]);
    expect(() => world.identity.watch(keyOf("a"), () => {})).toThrow(expect.objectContaining({ code: "KEY_REVOKED" }));
  });

  it("is gone with a revocation that comes after a rotation: nobody slips away to a new key", async () => {
    const { identity, plan } = await startRun("token");
    const [invitation] = await identity.issueInvitations(1, 5000);
    await identity.admit(keyOf("a"), invitation?.secret);
    const [a, b] = ["a", "b"].map((name) => createNodeSigner(seedOf(name))) as [Signer, Signer];
    await identity.rotate(keyOf("a"), await createRotate({ runId: plan.runId, coordinatorKey, keyEpoch: 1 }, a, b));
    await identity.admit(keyOf("b"), undefined);
    let sentAway: unknown;
    identity.watch(keyOf("b"), (why) => {
      sentAway = why;
    });
    await identity.revoke(keyOf("a"), "hostile");
    expect(sentAway).toMatchObject({ code: "KEY_REVOKED" });
    await expect(identity.admit(keyOf("b"), undefined)).rejects.toMatchObject({ code: "KEY_REVOKED" });
  });

  it("does not bring back a key that was revoked", async () => {
    const { identity } = await startRun("token");
    const [invitation] = await identity.issueInvitations(1, 5000);
    await identity.revoke(keyOf("a"), "stolen");
    const denied = identity.admit(keyOf("a"), invitation?.secret);
    await expect(denied).rejects.toMatchObject({ code: "KEY_REVOKED" });
  });
});

describe("verify", () => {
  const roster: Roster = {
    format: "headwater-roster/1",
    runId: null,
    version: 1,
    clients: [{ publicKey: keyOf("a") }],
  };
  const rosterEvent = async (signer: typeof operator): Promise<JournalEvent> => ({
    kind: "roster-replaced",
    roster: { ...roster },
    signature: toBase64((await signRoster(roster, signer)).signature),
  });
  const opened = (paramsHash: string): JournalEvent => ({
    kind: "round-opened",
    round: 0,
    attempt: 0,
    paramsHash: paramsHash as `sha256-${string}`,
    members: [{ clientId: keyOf("b"), ticket: "0".repeat(32) }],
  });

  it("accepts a roster that the plan's operator signed", async () => {
    const { store } = await startRun(onRoster);
    await store.append(await rosterEvent(operator));
    expect((await verifyStore(store)).problems).toEqual([]);
  });

  it("finds a roster of another signer, and an update of somebody who was never let in", async () => {
    const { store } = await startRun(onRoster);
    await store.append(await rosterEvent(createNodeSigner(seedOf("coordinator"))));
    const [{ event } = { event: undefined }] = [...store.events()];
    if (event?.kind !== "run-created") throw new TypeError("expected a run");
    await store.append(opened(event.paramsHash));
    const bytes = toBase64(new Uint8Array(64));
    const payloadHash = await store.putBlob(new Uint8Array(40));
    const forged = { clientId: keyOf("b"), headerHash: payloadHash, header: bytes, signature: bytes, manifest: bytes };
    await store.append({ kind: "update-accepted", round: 0, attempt: 0, ...forged, payloadHash, weight: 1 });
    const messages = (await verifyStore(store)).problems.map(({ message }) => message);
    expect(messages).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/roster expected a signature of the operator's key/),
        expect.stringMatching(/may not take part: this key is not on the roster/),
      ]),
    );
  });

  it("finds a second key that came in by one invitation", async () => {
    const { store, identity } = await startRun("token");
    const [invitation] = await identity.issueInvitations(1, 5000);
    await identity.admit(keyOf("a"), invitation?.secret);
    const enrolled = [...store.events()].map(({ event }) => event).find(({ kind }) => kind === "client-enrolled");
    if (enrolled?.kind !== "client-enrolled") throw new TypeError("expected an enrolment");
    await store.append({ ...enrolled, clientId: keyOf("b") });
    expect((await verifyStore(store)).problems).toMatchObject([
      { message: expect.stringMatching(/this invitation was used before/) },
    ]);
  });
});
