import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { runsCommand } from "../../../cli/runs/runsCommand.ts";
import { identityCommand } from "../../../client/node/identityCommand.ts";
import { createNodeSigner } from "../../../server/crypto/nodeEd25519.ts";
import { readRoster } from "../../../server/serve/readRoster.ts";
import { toHex } from "../../../shared/base/hash.ts";
import { parseInvitation } from "../../../shared/protocol/invitation.ts";
import { signRoster } from "../../../shared/protocol/roster.ts";
import { type Ended, runVerb } from "../../simulations/support/runVerb.ts";
import { type OperatedCoordinator, startOperatedCoordinator } from "../../support/operatedCoordinator.ts";
import { connectRawClient, seedOf } from "../../support/rawClient.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

const plan = { name: "first", rounds: null, cohort: { size: 1, quorum: 1 } } as const;

afterEach(() => {
  process.exitCode = undefined;
});

async function runs({ url, directory }: OperatedCoordinator, ...args: string[]): Promise<Ended> {
  const ended = await runVerb(runsCommand(), [...args, "--url", url, "--data", directory]);
  return { ...ended, code: ended.code || Number(process.exitCode ?? 0) };
}

async function identity(...args: string[]): Promise<Ended> {
  const ended = await runVerb(identityCommand(), args);
  return { ...ended, code: ended.code || Number(process.exitCode ?? 0) };
}

function write(folder: string, name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
}

const keyIn = (path: string): string => JSON.parse(readFileSync(path, "utf8")).publicKey;

it("invites with a link that a client joins by, and shows who came", async () => {
  const coordinator = await startOperatedCoordinator({ plan: { ...plan, identity: "token" } });
  const invited = await runs(coordinator, "invite", "first", "--count", "2", "--expires", "12h");
  const [link = ""] = invited.stdout.match(/http\S+#invitation=\S+/g) ?? [];
  expect(link).toMatch(new RegExp(`^${coordinator.url}/runs/first#invitation=`));
  const client = await connectRawClient(link, "a");
  expect((await client.hello({ invitation: parseInvitation(link) })).ok).toBe(true);
  const { stdout } = await runs(coordinator, "clients", "first");
  expect(stdout).toMatch(/2 issued, 1 used, 0 expired/);
  expect(stdout.split(client.clientId)).toHaveLength(3); // enrolled and connected
  const revoked = await runs(coordinator, "revoke", "first", client.clientId.slice(0, 8), "--yes");
  expect(revoked.stdout).toMatch(/revoked {7}1\n.*\n {2}connected {5}0/);
  expect(await runs(coordinator, "revoke", "first", client.clientId)).toMatchObject({ code: 2 });
  expect(await runs(coordinator, "invite", "first", "--expires", "soon")).toMatchObject({ code: 2 });
});

it("invites to the public address of a coordinator that knows it, and warns of links that lead each device to itself", async () => {
  const plans = { plan: { ...plan, identity: "token" } } as const;
  const published = await startOperatedCoordinator({ ...plans, publicUrl: "https://example.org/fl" });
  const behind = { ...published, url: published.localUrl };
  const invited = await runs(behind, "invite", "first", "--json");
  expect(JSON.parse(invited.stdout)[0].link).toMatch(/^https:\/\/example\.org\/fl\/runs\/first#invitation=/);
  expect(invited.stderr).toBe("");
  const request = { count: 1, expiresInMs: 60_000 };
  const { body } = await published.ask("POST", "/api/runs/first/invitations", request);
  expect(body.publicUrl).toBe("https://example.org/fl");

  const unpublished = await startOperatedCoordinator(plans);
  const warned = await runs(unpublished, "invite", "first");
  expect(warned.stdout).toContain(`  ${unpublished.url}/runs/first#invitation=`);
  expect(warned.stderr).toMatch(/^headwater: 127\.0\.0\.1 in these links is each device itself: .* --public-url/);
});

it("signs a roster with the operator's key, and lets in whom it lists", async () => {
  const folder = temporaryFolder();
  const operator = join(folder, "operator.json");
  await identity("show", "--identity", operator);
  const mode = { kind: "enrolled", operatorKey: keyIn(operator) } as const;
  const coordinator = await startOperatedCoordinator({ plan: { ...plan, identity: mode } });
  const client = await connectRawClient(coordinator.url, "a");
  const file = join(folder, "roster.json");
  writeFileSync(file, JSON.stringify({ version: 1, clients: [{ publicKey: client.clientId, label: "ward 3" }] }));
  const put = await runs(coordinator, "roster", "first", file, "--key", operator);
  expect(put).toMatchObject({ code: 0, stdout: expect.stringMatching(/version 1, 1 keys/) });
  expect((await client.hello()).ok).toBe(true);
  client.close();
  const printed = JSON.parse((await identity("sign", file, "--identity", operator)).stdout);
  const signed = write(folder, "signed.json", printed);
  expect((await readRoster(signed)).roster.clients).toHaveLength(1);
  await expect(readRoster(file)).rejects.toThrow(/headwater identity sign/);
  const again = await runs(coordinator, "roster", "first", file, "--key", operator);
  expect(again).toMatchObject({ code: 2, stderr: expect.stringMatching(/version above 1, got 1/) });
});

it("puts a new key in the place of the old one, once the run has taken it, however often it is asked", async () => {
  const file = join(temporaryFolder(), "me.json");
  const operator = createNodeSigner(seedOf("operator"));
  await identity("show", "--identity", file);
  const before = keyIn(file);
  const coordinator = await startOperatedCoordinator({
    plan: { ...plan, identity: { kind: "enrolled", operatorKey: toHex(operator.publicKey) } },
    roster: await signRoster(
      { format: "headwater-roster/1", runId: null, version: 1, clients: [{ publicKey: before }] },
      operator,
    ),
  });
  const shown = await identity("rotate", coordinator.url, "--identity", file, "--json");
  expect(JSON.parse(shown.stdout)).toMatchObject({ before, publicKey: keyIn(file) });
  expect(keyIn(file)).not.toBe(before);
  expect(keyIn(`${file}.before`)).toBe(before);

  // As after a kill between the run's answer and the new file: the old key is back, the successor waits.
  const successor = readFileSync(file);
  writeFileSync(file, readFileSync(`${file}.before`), { mode: 0o600 });
  writeFileSync(`${file}.next`, successor, { mode: 0o600 });
  expect((await identity("rotate", coordinator.url, "--identity", file)).code).toBe(0);
  expect(readFileSync(file)).toEqual(successor);
});

it("hands a key on only to the coordinator that it is told, or that it has receipts of", async () => {
  const folder = temporaryFolder();
  const [file, receipts] = [join(folder, "me.json"), join(folder, "me.receipts.jsonl")];
  await identity("show", "--identity", file);
  const before = keyIn(file);
  const operator = createNodeSigner(seedOf("operator"));
  const coordinator = await startOperatedCoordinator({
    plan: { ...plan, identity: { kind: "enrolled", operatorKey: toHex(operator.publicKey) } },
    roster: await signRoster(
      { format: "headwater-roster/1", runId: null, version: 1, clients: [{ publicKey: before }] },
      operator,
    ),
  });
  const { runId, coordinatorKey } = coordinator.status().run;
  expect((await runs(coordinator, "show", "first")).stdout).toContain(coordinatorKey);
  const rotate = (...args: string[]) => identity("rotate", coordinator.url, "--identity", file, ...args);
  const others = "e".repeat(64);
  const named = await rotate("--coordinator", others);
  expect(named).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`expected ${others}, got ${coordinatorKey}. E`),
  });
  writeFileSync(receipts, `${JSON.stringify({ runId, coordinatorKey: others, receiptHash: "" })}\n`);
  const known = await rotate();
  expect(known).toMatchObject({ code: 1, stderr: expect.stringMatching(/give it as --coordinator; .*run this again/) });
  expect(keyIn(file)).toBe(before);
  const told = await rotate("--coordinator", others, "--coordinator", coordinator.fingerprint);
  expect(told.stdout).toMatch(/holds the new key/);
});

it("keeps the old key where a run did not take the new one", async () => {
  const coordinator = await startOperatedCoordinator({ plan: { ...plan, identity: "token" } });
  const file = join(temporaryFolder(), "me.json");
  await identity("show", "--identity", file);
  const before = keyIn(file);
  const refused = await identity("rotate", coordinator.url, "--identity", file);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/by invitation.*run this again/) });
  expect(keyIn(file)).toBe(before);
});
