import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { createNodeSigner } from "../../../server/crypto/nodeEd25519.ts";
import { toBase64 } from "../../../server/store/base64.ts";
import { verifyStore } from "../../../server/verify/verifyStore.ts";
import { toHex } from "../../../shared/base/hash.ts";
import { createHello } from "../../../shared/protocol/checkHello.ts";
import { parseInvitation } from "../../../shared/protocol/invitation.ts";
import { type Roster, signRoster } from "../../../shared/protocol/roster.ts";
import { createRotate } from "../../../shared/protocol/rotation.ts";
import { type OperatedCoordinator, startOperatedCoordinator } from "../../support/operatedCoordinator.ts";
import { connectRawClient, type RawClient, seedOf } from "../../support/rawClient.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

const plan = { name: "first", rounds: null, cohort: { size: 1, quorum: 1 } } as const;
const signerOf = (name: string) => createNodeSigner(seedOf(name));
const keyOf = (name: string): string => toHex(signerOf(name).publicKey);

/** A run by invitation. */
const byInvitation = (directory = temporaryFolder()): Promise<OperatedCoordinator> =>
  startOperatedCoordinator({ directory, plan: { ...plan, identity: "token" } });

async function invite({ ask }: OperatedCoordinator, count = 1, expiresInMs = 60_000): Promise<Uint8Array[]> {
  const { status, body } = await ask("POST", "/api/runs/first/invitations", { count, expiresInMs });
  expect(status).toBe(201);
  return body.invitations.map(({ invitation }: { invitation: string }) => parseInvitation(invitation));
}

/** Says hello, and what came of it; the connection is closed if it was refused. */
async function hello({ url }: OperatedCoordinator, name: string, invitation?: Uint8Array) {
  const client = await connectRawClient(url, name);
  const ack = await client.hello(invitation === undefined ? {} : { invitation });
  if (!ack.ok) client.close();
  return { client, ack };
}

async function playRound(client: RawClient, changes: object = {}): Promise<void> {
  const offer = await client.offer();
  expect(await client.send(await client.update(offer, changes))).toMatchObject({ ok: true });
  await client.next("commit");
}

const problemsOf = async ({ directory }: OperatedCoordinator): Promise<readonly string[]> =>
  (await verifyStore(directory)).problems.map(({ message }) => message);

describe("a run by invitation", () => {
  it("lets in whoever presents one, and knows the key from then on, after a restart too", async () => {
    const directory = temporaryFolder();
    const first = await byInvitation(directory);
    expect((await hello(first, "a")).ack).toMatchObject({ ok: false, code: "NOT_ENROLLED" });
    const [invitation] = await invite(first);
    const { client, ack } = await hello(first, "a", invitation);
    expect(ack.ok).toBe(true);
    await playRound(client);
    client.close();
    expect((await hello(first, "a")).ack.ok).toBe(true);
    await first.close();

    const again = await byInvitation(directory);
    expect((await hello(again, "a")).ack.ok).toBe(true);
    expect((await hello(again, "b", invitation)).ack).toMatchObject({ ok: false, code: "INVITATION_USED" });
    const { body } = await again.ask("GET", "/api/runs/first/identity");
    expect(body).toMatchObject({
      mode: "token",
      invitations: { issued: 1, used: 1, expired: 0 },
      enrolled: [keyOf("a")],
    });
    await again.close();
    expect(await problemsOf(again)).toEqual([]);
  });

  it("lets in one key by one invitation, however many present it at once", async () => {
    const coordinator = await byInvitation();
    const [invitation] = await invite(coordinator);
    const names = ["a", "b", "c", "d", "e"];
    const acks = await Promise.all(names.map(async (name) => (await hello(coordinator, name, invitation)).ack));
    expect(acks.filter(({ ok }) => ok)).toHaveLength(1);
    expect(acks.flatMap(({ code }) => code ?? [])).toEqual(Array(4).fill("INVITATION_USED"));
  });

  it("gives a client that lost the answer the same answer again, whatever it presents", async () => {
    const coordinator = await byInvitation();
    const [invitation] = await invite(coordinator);
    const both = await Promise.all([hello(coordinator, "a", invitation), hello(coordinator, "a", invitation)]);
    expect(both.map(({ ack }) => ack.ok)).toEqual([true, true]);
    expect((await hello(coordinator, "a", invitation)).ack.ok).toBe(true);
  });

  it("refuses invitations that it never issued, and keeps none of their secrets", async () => {
    const coordinator = await byInvitation();
    const stranger = new Uint8Array(32).fill(9);
    expect((await hello(coordinator, "a", stranger)).ack).toMatchObject({ ok: false, code: "INVITATION_UNKNOWN" });
    const [invitation] = await invite(coordinator);
    await coordinator.close();
    const { openStore } = await import("../../../server/store/sqliteStore.ts");
    const store = await openStore({ directory: coordinator.directory, readOnly: true });
    const journal = JSON.stringify([...store.events()]);
    await store.close();
    expect(journal).toContain("invitations-issued");
    expect(journal).not.toContain(toHex(invitation as Uint8Array));
  });

  it("issues none in a run that is open to anyone", async () => {
    const coordinator = await startOperatedCoordinator();
    const request = { count: 1, expiresInMs: 60_000 };
    const { status, body } = await coordinator.ask("POST", "/api/runs/first/invitations", request);
    expect(status).toBe(400);
    expect(body.message).toMatch(/identity "token", not "open"/);
  });
});

describe("a run with a roster", () => {
  const operator = signerOf("operator");
  const identity = { kind: "enrolled", operatorKey: toHex(operator.publicKey) } as const;
  const withRoster = (): Promise<OperatedCoordinator> => startOperatedCoordinator({ plan: { ...plan, identity } });

  async function put({ ask }: OperatedCoordinator, version: number, names: string[], signer = operator, more = {}) {
    const clients = names.map((name) => ({ publicKey: keyOf(name), label: name }));
    const roster: Roster = { format: "headwater-roster/1", runId: null, version, clients, ...more };
    const { signature } = await signRoster(roster, signer);
    return ask("PUT", "/api/runs/first/roster", { roster, signature: toBase64(signature) });
  }

  it("lets in whom it lists, and sends away whom its successor does not", async () => {
    const coordinator = await withRoster();
    expect((await hello(coordinator, "a")).ack.code).toBe("NOT_ENROLLED");
    expect((await put(coordinator, 1, ["a", "b"])).body).toMatchObject({ roster: { version: 1, numClients: 2 } });
    const { client } = await hello(coordinator, "a");
    await playRound(client);
    const rejected = client.next("reject");
    await put(coordinator, 2, ["b"]);
    expect(await rejected).toMatchObject({ code: "NOT_ENROLLED" });
    expect((await hello(coordinator, "a")).ack.code).toBe("NOT_ENROLLED");
    expect((await hello(coordinator, "b")).ack.ok).toBe(true);
    await coordinator.close();
    expect(await problemsOf(coordinator)).toEqual([]);
  });

  it("takes a roster at its start, once, and starts with its own where the file is older", async () => {
    const directory = temporaryFolder();
    const lines: string[] = [];
    const logger = pino({ level: "warn" }, { write: (line: string) => void lines.push(line) });
    const sign = (version: number, names: string[]) => {
      const clients = names.map((name) => ({ publicKey: keyOf(name) }));
      return signRoster({ format: "headwater-roster/1", runId: null, version, clients }, operator);
    };
    const start = async (version: number, ...names: string[]) =>
      startOperatedCoordinator({ directory, plan: { ...plan, identity }, roster: await sign(version, names), logger });
    await (await start(2, "a")).close();
    const again = await start(2, "a");
    expect((await hello(again, "a")).ack.ok).toBe(true);
    await again.close();
    expect(lines).toEqual([]);
    const stale = await start(1, "b");
    expect((await hello(stale, "a")).ack.ok).toBe(true);
    expect((await hello(stale, "b")).ack.code).toBe("NOT_ENROLLED");
    await stale.close();
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ given: 1, kept: 2 }]);
    await expect(start(2, "b")).rejects.toThrow(/version above 2, got 2/); // changed, and its version forgotten
    const newer = await start(3, "b");
    expect((await hello(newer, "b")).ack.ok).toBe(true);
    await newer.close();
    expect(await problemsOf(newer)).toEqual([]);
  });

  it("takes no roster of another signer, of a version that is not newer, or for another run", async () => {
    const coordinator = await withRoster();
    expect((await put(coordinator, 1, ["a"], signerOf("mallory"))).body.code).toBe("BAD_SIGNATURE");
    await put(coordinator, 3, ["a"]);
    expect((await put(coordinator, 3, ["b"])).body).toMatchObject({
      code: "MALFORMED",
      message: expect.stringMatching(/above 3, got 3/),
    });
    expect((await put(coordinator, 4, ["b"], operator, { runId: "0".repeat(32) })).body.code).toBe("WRONG_RUN");
    expect((await hello(coordinator, "b")).ack.code).toBe("NOT_ENROLLED");
  });
});

describe("a key", () => {
  it("is handed on to a successor that both signed for: one client, one vote, updates of the next generation", async () => {
    const coordinator = await byInvitation();
    const [invitation] = await invite(coordinator);
    const { client: old } = await hello(coordinator, "old", invitation);
    const oldOffer = await old.offer();
    const { runId, coordinatorKey } = old.challenge;
    const about = { runId, coordinatorKey, keyEpoch: 1 };

    const forged = await createRotate(about, signerOf("mallory"), signerOf("new"));
    expect(await old.emit("rotate", forged)).toMatchObject({ ok: false, code: "BAD_SIGNATURE" });
    const rejected = old.next("reject");
    expect(await old.emit("rotate", await createRotate(about, signerOf("old"), signerOf("new")))).toMatchObject({
      ok: true,
    });
    expect(await rejected).toMatchObject({ code: "KEY_REVOKED" });
    expect((await hello(coordinator, "old")).ack.code).toBe("KEY_REVOKED");

    const { client, ack } = await hello(coordinator, "new");
    expect(ack.ok).toBe(true);
    expect((await client.welcome()).keyEpoch).toBe(1);
    const offer = await client.offer();
    expect(offer.ticket).not.toEqual(oldOffer.ticket);
    const stale = await client.send(await client.update(offer));
    expect(stale).toMatchObject({
      ok: false,
      code: "BAD_KEY",
      message: expect.stringMatching(/"keyEpoch" expected 1, got 0/),
    });
    expect(await client.send(await client.update(offer, { keyEpoch: 1 }))).toMatchObject({ ok: true });
    await client.next("commit");
    client.close();

    const back = await createRotate({ ...about, keyEpoch: 2 }, signerOf("new"), signerOf("old"));
    const again = await hello(coordinator, "new");
    expect(await again.client.emit("rotate", back)).toMatchObject({ ok: false, code: "BAD_KEY" });
    await coordinator.close();
    expect(await problemsOf(coordinator)).toEqual([]);
  });

  it("is the only one of its connection, also after it said goodbye", async () => {
    const coordinator = await startOperatedCoordinator();
    const { client } = await hello(coordinator, "a");
    expect(await client.emit("leave", {})).toMatchObject({ ok: true });
    const other = await createHello(client.challenge, signerOf("b"), { numExamples: 10, software: "test" });
    expect(await client.emit("hello", other)).toMatchObject({ ok: false, code: "MALFORMED" });
  });

  it("that the operator revokes is sent away, gives its assignment back, and never comes in again", async () => {
    const directory = temporaryFolder();
    const coordinator = await startOperatedCoordinator({ directory });
    const { client } = await hello(coordinator, "a");
    await client.offer();
    const rejected = client.next("reject");
    const path = `/api/runs/first/clients/${keyOf("a").slice(0, 16)}/revoke`;
    const { body } = await coordinator.ask("POST", path, { reason: "lost laptop" });
    expect(body).toMatchObject({ revoked: [keyOf("a")], connected: [] });
    expect(await rejected).toMatchObject({ code: "KEY_REVOKED" });
    expect(coordinator.status().live.members.map(({ state }) => state)).toEqual(["declined"]);
    expect((await hello(coordinator, "b")).ack.ok).toBe(true);
    await coordinator.close();

    const again = await startOperatedCoordinator({ directory });
    expect((await hello(again, "a")).ack.code).toBe("KEY_REVOKED");
    await again.close();
    expect(await problemsOf(again)).toEqual([]);
  });
});
