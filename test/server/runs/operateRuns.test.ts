import { existsSync, mkdirSync, readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { operatorTokenPath } from "../../../server/identity/operatorToken.ts";
import { parseRunStatus } from "../../../shared/protocol/runStatus.ts";
import { startOperatedCoordinator, tinyRun } from "../../support/operatedCoordinator.ts";
import { joinRawClient, type RawClient } from "../../support/rawClient.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

async function playRound(client: RawClient, value: number): Promise<void> {
  const offer = await client.offer();
  const update = await client.update(offer, { delta: new Float32Array(offer.numParams).fill(value) });
  expect(await client.send(update)).toMatchObject({ ok: true });
  await client.next("commit");
}

describe("several runs of one coordinator", () => {
  it("a run that was made waits for its start, then has rounds, clients and a feed of its own", async () => {
    const coordinator = await startOperatedCoordinator();
    const made = await coordinator.ask("POST", "/api/runs", tinyRun("second"));
    expect(made).toMatchObject({ status: 201, body: { name: "second", isPaused: true, isDefault: false } });

    const client = await joinRawClient(`${coordinator.url}/runs/second`, "a");
    expect((await client.welcome()).plan.name).toBe("second");
    expect((await coordinator.ask("GET", "/api/runs/second/status")).body.live).toMatchObject({ numConnected: 1 });
    expect(coordinator.status().live.numConnected).toBe(0);

    expect(await coordinator.ask("POST", "/api/runs/second/start")).toMatchObject({ status: 200 });
    await playRound(client, 0.5);
    client.close();
    const { rounds } = (await coordinator.ask("GET", "/api/runs/second/rounds")).body;
    expect(rounds).toHaveLength(1);
    expect(coordinator.rounds()).toEqual([]);
    const byId = await coordinator.ask("GET", `/api/runs/${made.body.runId}/params/${rounds[0].paramsHash}`);
    expect(byId.status).toBe(200);
    expect((await coordinator.ask("GET", `/api/params/${rounds[0].paramsHash}`)).status).toBe(404);
  });

  it("are all there again after a restart, with the default run in the folder itself", async () => {
    const directory = temporaryFolder();
    const first = await startOperatedCoordinator({ directory });
    const { body } = await first.ask("POST", "/api/runs", tinyRun("second", { start: true }));
    const client = await joinRawClient(`${first.url}/runs/second`, "a");
    await playRound(client, 0.5);
    client.close();
    await first.ask("POST", "/api/runs", tinyRun("third"));
    await first.close();
    expect(existsSync(join(directory, "journal.db"))).toBe(true);
    expect(existsSync(join(directory, "runs", body.runId, "journal.db"))).toBe(true);

    const again = await startOperatedCoordinator({ directory });
    const { runs } = (await again.ask("GET", "/api/runs")).body;
    expect(runs.map(({ name, version }: { name: string; version: number }) => [name, version])).toEqual(
      expect.arrayContaining([
        ["first", 0],
        ["second", 1],
        ["third", 0],
      ]),
    );
    expect(runs[0]).toMatchObject({ name: "first", isDefault: true });
    expect(runs.find(({ name }: { name: string }) => name === "third")).toMatchObject({ isPaused: true });
  });

  it("of which one cannot close its journal do not keep the process: it says so with everything else closed", async () => {
    const coordinator = await startOperatedCoordinator();
    const { url, directory } = coordinator;
    const { body } = await coordinator.ask("POST", "/api/runs", tinyRun("second"));
    truncateSync(join(directory, "runs", body.runId, "journal.db-wal")); // what is to be copied is gone, as on a bad disk
    await expect(coordinator.close()).rejects.toThrow(/disk I\/O error/);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
    const again = await startOperatedCoordinator({ directory });
    expect(again.isContinued).toBe(true);
  });

  it("whose making or deleting was cut short by a kill are not there", async () => {
    const directory = temporaryFolder();
    mkdirSync(join(directory, "runs", "0".repeat(32)), { recursive: true });
    mkdirSync(join(directory, "runs", `.deleted-${"1".repeat(32)}`), { recursive: true });
    const coordinator = await startOperatedCoordinator({ directory });
    expect((await coordinator.ask("GET", "/api/runs")).body.runs).toHaveLength(1);
    expect(readdirSync(join(directory, "runs"))).toEqual([]);
  });

  it("go on from the params of a round of another, with its plan and what is to differ", async () => {
    const coordinator = await startOperatedCoordinator();
    const client = await joinRawClient(coordinator.url, "a");
    await playRound(client, 0.5);
    await playRound(client, 0.25);
    client.close();
    const request = { name: "forked", round: 0, changes: { local: { epochs: 3 }, rounds: 7 } };
    const forked = await coordinator.ask("POST", "/api/runs/first/fork", request);
    expect(forked).toMatchObject({ status: 201, body: { name: "forked", numRounds: 7, isPaused: true } });
    const status = (await coordinator.ask("GET", "/api/runs/forked/status")).body;
    expect(status.live.paramsHash).toBe(coordinator.rounds()[0]?.paramsHash);
    expect(status.run).toMatchObject({ goal: 1, local: { epochs: 3, batchSize: 10 } });
    expect(status.run.runId).not.toBe(coordinator.status().run.runId);

    const from = { run: "first" };
    const created = await coordinator.ask("POST", "/api/runs", { name: "from-latest", from, cohort: { size: 1 } });
    expect(created.status).toBe(201);
    const latest = (await coordinator.ask("GET", "/api/runs/from-latest/status")).body.live.paramsHash;
    expect(latest).toBe(coordinator.rounds()[1]?.paramsHash);

    const missing = await coordinator.ask("POST", "/api/runs/first/fork", { name: "x", round: 9 });
    expect(missing).toMatchObject({ status: 404, body: { code: "NOT_FOUND", message: /kept are those of 0, 1$/ } });
  });

  it("keep the whole plan when they are forked, and refuse changes that do not go with it", async () => {
    const coordinator = await startOperatedCoordinator();
    const strategy = { kind: "fedbuff", concurrency: 2 };
    await coordinator.ask("POST", "/api/runs", tinyRun("async", { strategy, maxStaleness: 4 }));
    const fork = (name: string, changes: object) => coordinator.ask("POST", "/api/runs/async/fork", { name, changes });
    expect((await fork("staler", { maxStaleness: 8 })).status).toBe(201);
    const plan = await (await fetch(`${coordinator.url}/api/runs/staler/plan`)).json();
    expect(plan).toMatchObject({ name: "staler", maxStaleness: 8, strategy, cohort: { size: 1 } });
    const refused = await fork("sync", { strategy: { kind: "fedavg" } });
    expect(refused.body).toMatchObject({ code: "MALFORMED", message: expect.stringMatching(/maxStaleness/) });
  });

  it("are not forked without a word about the test set when that lies in a file", async () => {
    const inputs = Float32Array.of(0, 0, 0, 1);
    const testData = { numExamples: 1, inputShape: [4], inputs, targets: Uint8Array.of(1), targetSize: 1 };
    const coordinator = await startOperatedCoordinator({ testData });
    const fork = (name: string, changes: object) => coordinator.ask("POST", "/api/runs/first/fork", { name, changes });
    const refused = await fork("unjudged", { rounds: 3 });
    expect(refused).toMatchObject({
      status: 400,
      body: { code: "MALFORMED", message: expect.stringMatching(/test set of its own/) },
    });
    expect((await fork("unjudged", { rounds: 3, data: null })).status).toBe(201);
    expect((await coordinator.ask("POST", "/api/runs/unjudged/fork", { name: "again" })).status).toBe(201);
  });

  it("keep what clients judge when they are forked, and change a member inside of what they keep", async () => {
    const coordinator = await startOperatedCoordinator();
    const evaluation = { heldOutFraction: 0.2, metrics: ["accuracy"] };
    const strategy = { kind: "fedavg", client: { kind: "fedprox", mu: 0.5 } };
    await coordinator.ask("POST", "/api/runs", tinyRun("judged", { evaluation, strategy }));
    const changes = { strategy: { client: { mu: 0.1 } }, local: { optimizer: { learningRate: 0.5 } } };
    const forked = await coordinator.ask("POST", "/api/runs/judged/fork", { name: "forked", changes });
    expect(forked.status).toBe(201);
    const plan = await (await fetch(`${coordinator.url}/api/runs/forked/plan`)).json();
    expect(plan).toMatchObject({
      evaluation: { ...evaluation, numElements: 6 },
      strategy: { ...strategy, client: { kind: "fedprox", mu: 0.1 } },
      local: { optimizer: { kind: "sgd", learningRate: 0.5 } },
    });
  });

  it("are refused with the reason when their rule could not be satisfied", async () => {
    const coordinator = await startOperatedCoordinator();
    const krum = tinyRun("krum", { aggregation: { kind: "krum", byzantine: 2 } });
    expect(await coordinator.ask("POST", "/api/runs", krum)).toMatchObject({
      status: 400,
      body: { code: "MALFORMED", message: expect.stringMatching(/krum with byzantine 2 expected >= 7 updates/) },
    });
    expect((await coordinator.ask("GET", "/api/runs")).body.runs).toHaveLength(1);
  });

  it("of one name are made once, however many ask at the same moment", async () => {
    const coordinator = await startOperatedCoordinator();
    const make = () => coordinator.ask("POST", "/api/runs", tinyRun("same"));
    const answers = await Promise.all([make(), make(), make()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });

  it("have a page each, below their name", async () => {
    const coordinator = await startOperatedCoordinator();
    const get = (path: string) => fetch(`${coordinator.url}${path}`, { redirect: "manual" });
    const bare = await get("/runs/first");
    expect([bare.status, bare.headers.get("location")]).toEqual([302, "first/"]);
    expect((await get("/runs/first/")).status).toBe(200);
    expect((await get("/runs/nope/")).status).toBe(404);
  });

  it("begin with uploaded params, if they are the model's", async () => {
    const coordinator = await startOperatedCoordinator();
    const { paramsHash } = coordinator.status().live;
    const params = await (await fetch(`${coordinator.url}/api/params/${paramsHash}`)).arrayBuffer();
    const form = (name: string, bytes: ArrayBuffer): FormData => {
      const data = new FormData();
      data.set("run", JSON.stringify(tinyRun(name)));
      data.set("params", new Blob([bytes]), "start.safetensors");
      return data;
    };
    expect((await coordinator.ask("POST", "/api/runs", form("uploaded", params))).status).toBe(201);
    const { live } = (await coordinator.ask("GET", "/api/runs/uploaded/status")).body;
    expect(live.paramsHash).toBe(paramsHash);
    const short = await coordinator.ask("POST", "/api/runs", form("short", params.slice(0, -1)));
    expect(short).toMatchObject({ status: 400, body: { code: "SHAPE_MISMATCH" } });
    expect((await coordinator.ask("GET", "/api/runs")).body.runs).toHaveLength(2);
    expect(readdirSync(join(coordinator.directory, "runs"))).toHaveLength(1);
  });

  it("stop for good, and only then can be deleted, by name, with their clients sent away", async () => {
    const coordinator = await startOperatedCoordinator();
    await coordinator.ask("POST", "/api/runs", tinyRun("second", { start: true }));
    const client = await joinRawClient(`${coordinator.url}/runs/second`, "a");
    await client.offer();
    expect((await coordinator.ask("DELETE", "/api/runs/second?confirm=second")).body.code).toBe("CONFLICT");
    const stopped = await coordinator.ask("POST", "/api/runs/second/stop", { reason: "enough" });
    expect(stopped.body).toMatchObject({ phase: "stopped", isPaused: false });
    expect((await coordinator.ask("POST", "/api/runs/second/resume")).body.code).toBe("CONFLICT");
    expect((await coordinator.ask("DELETE", "/api/runs/second")).body.code).toBe("MALFORMED");
    const gone = new Promise((resolve) => client.socket.once("disconnect", resolve));
    expect((await coordinator.ask("DELETE", "/api/runs/second?confirm=second")).status).toBe(204);
    await gone;
    expect(readdirSync(join(coordinator.directory, "runs"))).toEqual([]);
    expect((await coordinator.ask("GET", "/api/runs/second/status")).status).toBe(404);
    await expect(refusalOf(`${coordinator.url}/runs/second`)).resolves.toMatchObject({ code: "NOT_FOUND" });
    expect((await coordinator.ask("DELETE", "/api/runs/first?confirm=first")).body.code).toBe("UNSUPPORTED");
  });

  it("opens no round while a run is paused, and says so and why", async () => {
    const coordinator = await startOperatedCoordinator();
    await coordinator.ask("POST", "/api/runs/first/pause", { reason: "night" });
    const { live } = parseRunStatus((await coordinator.ask("GET", "/api/status")).body);
    expect(live).toMatchObject({ isPaused: true, pauseReason: "night" });
    const client = await joinRawClient(coordinator.url, "a");
    expect(coordinator.status().live).toMatchObject({ phase: "idle", isPaused: true });
    await coordinator.ask("POST", "/api/runs/first/resume");
    expect(coordinator.status().live).not.toHaveProperty("pauseReason");
    expect((await client.offer()).round).toBe(0);
    client.close();
  });

  it.each([
    ["a name that is taken", tinyRun("first"), "CONFLICT", /there is a run first already/],
    ["a name that is no part of an address", tinyRun("a/b"), "MALFORMED", /"name" expected 1 to 80 letters/],
    ["a name that is a run id", tinyRun("0".repeat(32)), "MALFORMED", /"name" expected/],
    ["a misspelt key", tinyRun("x", { rouds: 3 }), "MALFORMED", /"rouds" is not a known key.*rounds/],
    ["a value out of range", tinyRun("x", { deadlineMs: 0 }), "MALFORMED", /deadlineMs/],
    ["a path in place of a model", { name: "x", model: "../secret.json" }, "MALFORMED", /"model" expected/],
    ["a path in place of data", tinyRun("x", { data: { source: { idx: "/etc" } } }), "MALFORMED", /"data.source"/],
    ["data that does not fit", tinyRun("x", { data: { source: "mnist" } }), "MALFORMED", /784 inputs/],
    [
      "a figure that nobody measures",
      tinyRun("x", { objective: { metric: "testLoss", goal: "min" } }),
      "MALFORMED",
      /no test set/,
    ],
    ["a run that is not there", { ...tinyRun("x"), from: { run: "nope" } }, "NOT_FOUND", /there are first/],
  ])("answers %s with a code, and makes nothing", async (_, document, code, message) => {
    const coordinator = await startOperatedCoordinator();
    const { status, body } = await coordinator.ask("POST", "/api/runs", document);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body).toMatchObject({ code, message: expect.stringMatching(message) });
    expect((await coordinator.ask("GET", "/api/runs")).body.runs).toHaveLength(1);
  });
});

describe("the operator's token", () => {
  it("lies in the data folder, for its owner's eyes, and is needed for everything but looking", async () => {
    const coordinator = await startOperatedCoordinator();
    expect(statSync(operatorTokenPath(coordinator.directory)).mode & 0o777).toBe(0o600);
    const none = await coordinator.ask("POST", "/api/runs/first/pause", undefined, { authorization: "" });
    expect(none).toMatchObject({ status: 401, body: { code: "UNAUTHENTICATED" } });
    expect(none.headers.get("www-authenticate")).toContain("Bearer");
    const foreign = { origin: "https://evil.example" };
    const page = await coordinator.ask("POST", "/api/runs/first/pause", undefined, foreign);
    expect(page).toMatchObject({ status: 403, body: { code: "FORBIDDEN_ORIGIN" } });
    expect(coordinator.status().live.isPaused).toBe(false);
    const own = await coordinator.ask("POST", "/api/runs/first/pause", undefined, { origin: coordinator.url });
    expect(own.status).toBe(200);
  });

  it("cannot be guessed by trying: wrong ones are slowed down, the right one is not locked out", async () => {
    const coordinator = await startOperatedCoordinator();
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) {
      const wrong = { authorization: `Bearer ${String(i).repeat(64).slice(0, 64)}` };
      statuses.push((await coordinator.ask("POST", "/api/runs/first/pause", undefined, wrong)).status);
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    expect((await coordinator.ask("POST", "/api/runs/first/pause")).status).toBe(200);
  });
});

/** What a client that names this address is told. */
async function refusalOf(url: string): Promise<unknown> {
  const { io } = await import("socket.io-client");
  const { pathname, origin } = new URL(url);
  const socket = io(origin, {
    transports: ["websocket"],
    reconnection: false,
    auth: { run: pathname.split("/").at(-1) },
  });
  const reject = await new Promise((resolve) => socket.once("reject", resolve));
  socket.disconnect();
  return reject;
}
