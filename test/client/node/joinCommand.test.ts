import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkKeptCommits } from "../../../client/core/checkKeptCommits.ts";
import type { KeptReceipt } from "../../../client/core/keptReceipt.ts";
import { readReceiptFile } from "../../../client/node/receiptFile.ts";
import { createMemoryStore } from "../../../server/store/memoryStore.ts";
import { nobleSha256 } from "../../../shared/base/nobleSha256.ts";
import { naclVerify } from "../../../shared/crypto/naclEd25519.ts";
import { type NamedArray, parseSafetensors } from "../../../shared/params/parseSafetensors.ts";
import { tinyBase, tinyFedBn, tinyLora } from "../../support/privateModels.ts";
import { type RealCoordinatorOptions, startRealCoordinator } from "../../support/safetensorsCoordinator.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";
import { tinyModel } from "../../support/testCoordinator.ts";
import { startJoin } from "./joinProcess.ts";

/** Class 1 where the first number is larger than the last. */
const CSV = `a,b,c,d,label\n${Array.from({ length: 40 }, (_, i) => {
  const cells = [(i * 7) % 10, (i * 3) % 10, i % 5, (i * 9) % 10];
  return [...cells, Number((cells[0] as number) > (cells[3] as number))].join(",");
}).join("\n")}\n`;

async function csvFile(text = CSV): Promise<string> {
  const path = join(temporaryFolder(), "rows.csv");
  await writeFile(path, text);
  return path;
}

async function start(options: Partial<RealCoordinatorOptions> = {}) {
  const coordinator = await startRealCoordinator({ model: tinyModel(), ...options });
  onTestFinished(() => coordinator.close());
  return coordinator;
}

const key = (): readonly string[] => ["--identity", join(temporaryFolder(), "key.json")];

describe("headwater join", () => {
  it("trains in its worker thread for the rounds asked for, keeps receipts and what they prove, and exits 0", async () => {
    const coordinator = await start();
    const receipts = join(temporaryFolder(), "receipts.jsonl");
    const data = ["--data", await csvFile(), "--shard", "1/2"];
    const client = startJoin(coordinator.url, ...data, "--rounds", "3", "--receipts", receipts, ...key());
    expect(await client.exited).toEqual({ code: 0, stderr: "" });
    expect(client.lines[0]).toMatchObject({ kind: "start", numExamples: 20 });
    expect(client.lines[1]).toMatchObject({ kind: "run", model: { name: "tiny", numParams: 10 } });
    const { receipts: kept, forks } = await readReceiptFile(receipts);
    expect(kept.map(({ round }) => round)).toEqual([0, 1, 2]);
    // It leaves with its last receipt, whether or not it heard of the commit of that round.
    const ports = { verify: naclVerify, sha256: nobleSha256 };
    expect(kept.slice(0, 2).map((receipt) => checkKeptCommits(receipt, ports))).toEqual([true, true]);
    expect(forks).toEqual([]);
    const accepted = [...coordinator.store.events()].filter(({ event }) => event.kind === "update-accepted");
    expect(kept.map(({ headerHash }) => headerHash)).toEqual(
      accepted.slice(0, 3).map(({ event }) => (event.kind === "update-accepted" ? event.headerHash : undefined)),
    );
  });

  it("keeps trying a coordinator that is not there, says so, and joins when it comes", async () => {
    const store = createMemoryStore();
    const first = await startRealCoordinator({ model: tinyModel(), store });
    await first.close();
    const client = startJoin(first.url, "--data", await csvFile(), "--once", ...key());
    expect(await client.until("reconnecting")).toMatchObject({
      reason: expect.stringMatching(/^no coordinator answers at .* \(ECONNREFUSED\); is it running/),
    });
    await start({ store, port: first.port });
    expect(await client.exited).toEqual({ code: 0, stderr: "" });
  });

  it("leaves on SIGINT with exit code 130, its key and receipts kept", async () => {
    const coordinator = await start();
    const identity = join(temporaryFolder(), "me.json");
    const client = startJoin(coordinator.url, "--data", await csvFile(), "--identity", identity);
    const { receipt } = (await client.until("kept", 2)) as unknown as { receipt: KeptReceipt };
    client.kill("SIGINT");
    expect((await client.exited).code).toBe(130);
    expect(client.lines.at(-1)?.kind).toBe("left");
    expect(await readFile(identity.replace(".json", ".receipts.jsonl"), "utf8")).toContain(receipt.receiptHash);
    const again = startJoin(coordinator.url, "--data", await csvFile(), "--identity", identity, "--once");
    expect((await again.exited).code).toBe(0);
    expect(again.lines[0]?.clientKey).toBe(receipt.clientKey);
  });

  it("keeps what stays with it beside its key, and begins the next process with it", async () => {
    const coordinator = await start({ model: tinyFedBn() });
    const folder = temporaryFolder();
    const mine = ["--identity", join(folder, "me.json")];
    const data = await csvFile();
    expect(await startJoin(coordinator.url, "--data", data, "--once", ...mine).exited).toEqual({ code: 0, stderr: "" });
    const [name] = (await readdir(join(folder, "me.private"))) as [string];
    expect(name).toMatch(/^[0-9a-f]{32}\.safetensors$/);
    const path = join(folder, "me.private", name);
    const first = await readFile(path);
    const arrays = parseSafetensors(first, { maxBytes: 10_000 });
    expect([...arrays.keys()].map((array) => array.split(".").at(-1)).sort()).toEqual([
      "mean",
      "scale",
      "shift",
      "variance",
    ]);
    expect(await startJoin(coordinator.url, "--data", data, "--once", ...mine).exited).toEqual({ code: 0, stderr: "" });
    // The running mean goes 10 % of the way to the batch's at each step: further towards it from where it was.
    const meanOf = (bytes: Uint8Array): number[] => {
      const parsed = parseSafetensors(bytes, { maxBytes: 10_000 });
      const mean = [...parsed].find(([array]) => array.endsWith("mean")) as [string, NamedArray];
      return [...mean[1].values];
    };
    const [before, after] = [meanOf(first), meanOf(await readFile(path))];
    for (const [i, mean] of before.entries()) expect(after[i]).toBeGreaterThan(mean);
    await writeFile(path, "damaged");
    const third = startJoin(coordinator.url, "--data", data, ...mine);
    expect(await third.until("declined")).toMatchObject({
      reason: expect.stringContaining("what this client kept does not fit the run: safetensors"),
    });
  });

  it("takes part in a run of adapters with --base, and says that it needs it without", async () => {
    const coordinator = await start({ model: tinyLora() });
    const base = join(temporaryFolder(), "base.safetensors");
    await writeFile(base, tinyBase());
    const data = await csvFile();
    const without = await startJoin(coordinator.url, "--data", data, "--once", ...key()).exited;
    expect(without.code).toBe(1);
    expect(without.stderr).toContain('the model "tiny LoRA" has a frozen base of 10 params');
    expect(without.stderr).toContain("--base FILE");
    const client = startJoin(coordinator.url, "--data", data, "--once", "--base", base, ...key());
    expect(await client.exited).toEqual({ code: 0, stderr: "" });
    expect(client.lines[1]).toMatchObject({ kind: "run", model: { name: "tiny LoRA", numParams: 6 } });
  });

  it("is asked by a run that wants unmetered networks if its owner says that it has one, and only then", async () => {
    const cohort = { size: 1, quorum: 1, eligibility: { unmetered: true } };
    const { url, store } = await start({ plan: { cohort } });
    const data = ["--data", await csvFile()];
    const notAsked = (which: string) => ({
      pace: {
        reason: "not-eligible",
        message: `this run asks for a network that is not paid by volume; yours is ${which}`,
      },
    });
    const silent = startJoin(url, ...data, ...key());
    const metered = startJoin(url, ...data, ...key(), "--unmetered", "no", "--charging", "yes");
    expect(await silent.until("paced")).toMatchObject(notAsked("not known to your client"));
    expect(await metered.until("paced")).toMatchObject(notAsked("metered or saving data"));
    const unmetered = startJoin(url, ...data, ...key(), "--unmetered", "yes", "--rounds", "2");
    expect(await unmetered.exited).toEqual({ code: 0, stderr: "" });
    const asked = [...store.events()].flatMap(({ event }) =>
      event.kind === "update-accepted" ? [event.clientId] : [],
    );
    expect(asked.length).toBeGreaterThanOrEqual(2);
    expect(new Set(asked)).toEqual(new Set([unmetered.lines[0]?.clientKey]));
  });

  it("takes part only with the coordinator that it is told, or that it has receipts of, and says the way out", async () => {
    const { url } = await start();
    const identity = join(temporaryFolder(), "me.json");
    const args = ["--data", await csvFile(), "--identity", identity, "--once"];
    const named = startJoin(url, ...args, "--coordinator", "0123 4567 89ab cdef");
    const refused = await named.exited;
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /BAD_KEY: coordinator key expected 0123456789abcdef, got [0-9a-f]{64}\. Expected is the key that --coordinator names/,
    );
    expect(named.lines.map(({ kind }) => kind)).not.toContain("run");

    const first = startJoin(url, ...args);
    const { coordinatorKey, fingerprint } = await first.until("run");
    expect((await first.exited).code).toBe(0);
    const path = identity.replace(".json", ".receipts.jsonl");
    const others = "e".repeat(64);
    await writeFile(path, (await readFile(path, "utf8")).replaceAll(String(coordinatorKey), others));
    const { code, stderr } = await startJoin(url, ...args).exited;
    expect(code).toBe(1);
    expect(stderr).toContain(`coordinator key expected ${others}, got ${coordinatorKey}. Expected is`);
    const told = startJoin(url, ...args, "--coordinator", String(fingerprint));
    expect((await told.exited).code).toBe(0);
    expect((await startJoin(url, ...args).exited).code).toBe(0); // its newest receipt is of that one
  });

  it("refuses a key that another client on this machine takes part with, until that one is gone", async () => {
    const coordinator = await start();
    const mine = key();
    const first = startJoin(coordinator.url, "--data", await csvFile(), ...mine);
    await first.until("joined");
    const second = await startJoin(coordinator.url, "--data", await csvFile(), ...mine).exited;
    expect(second.code).toBe(2);
    expect(second.stderr).toContain("give this one a key of its own with --identity FILE");
    first.kill("SIGKILL"); // no chance to clean up
    await first.exited;
    const third = startJoin(coordinator.url, "--data", await csvFile(), ...mine, "--once");
    expect((await third.exited).code).toBe(0);
  });

  it("exits 0 when the run has had all its rounds", async () => {
    const coordinator = await start({ plan: { rounds: 2 } });
    const client = startJoin(coordinator.url, "--data", await csvFile(), ...key());
    expect((await client.exited).code).toBe(0);
    const late = startJoin(coordinator.url, "--data", await csvFile(), ...key());
    expect((await late.exited).code).toBe(0);
    expect(late.lines.map(({ kind }) => kind)).toEqual(["start", "run", "joined", "finished", "left"]);
  });

  it("exits 1 and says how to mend data that does not fit the model", async () => {
    const coordinator = await start();
    const client = startJoin(coordinator.url, "--data", await csvFile("a,label\n1,0\n2,1\n"), ...key());
    const { code, stderr } = await client.exited;
    expect(code).toBe(1);
    expect(stderr).toBe(
      'headwater: this client does not take part: SHAPE_MISMATCH: the model "tiny" expected examples of 4 numbers (4), ' +
        "got 1; give it data with 4 inputs a row, beside the label\n",
    );
  });

  it.each([
    [
      "no address",
      ["nonsense", "--data", "mnist"],
      'expected an address such as http://127.0.0.1:8080, got "nonsense"',
    ],
    ["an address of another kind", ["ftp://x", "--data", "mnist"], "expected http:// or https://, got ftp://"],
    ["no data", ["http://127.0.0.1:1"], "--data is missing"],
    ["a misspelt flag", ["http://127.0.0.1:1", "--dta", "mnist"], "Did you mean --data?"],
    ["a base that is not there", ["http://127.0.0.1:1", "--data", "mnist", "--base", "nowhere"], "--base nowhere"],
    ["data that is not there", ["http://127.0.0.1:1", "--data", "nowhere"], "nothing at nowhere"],
    [
      "a part beyond the parts",
      ["http://127.0.0.1:1", "--data", "mnist", "--shard", "3/2"],
      "1 <= PART <= PARTS, got 3/2",
    ],
    ["no coordinator's key", ["http://127.0.0.1:1", "--data", "mnist", "--coordinator", "012"], 'got "012"'],
    ["no number of rounds", ["http://127.0.0.1:1", "--data", "mnist", "--rounds", "0"], "expected a whole number >= 1"],
  ])("exits 2 and says what was expected for %s", async (_what, args, message) => {
    const { code, stderr } = await startJoin(...args).exited;
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
