import { writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { expect, it } from "vitest";
import { joinRawClient } from "../../support/rawClient.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";
import { startServe } from "./serveProcess.ts";

async function metricsAt(url: string): Promise<(name: string) => number> {
  const lines = (await (await fetch(url)).text()).split("\n");
  return (name) =>
    Number(
      lines
        .find((line) => line.startsWith(`${name} `))
        ?.split(" ")
        .at(-1),
    );
}

it("tells a scraper what it does, on a port of its own", async () => {
  const { started } = await startServe({ args: ["--metrics", "0"] });
  const metricsUrl = started.metricsUrl as string;
  expect(new URL(metricsUrl).hostname).toBe("127.0.0.1");
  const client = await joinRawClient(started.url, "a");
  const update = await client.update(await client.offer());
  const damaged = { ...update.submit, signature: new Uint8Array(64) };
  expect(await client.emit("submit", damaged)).toMatchObject({ ok: false, code: "BAD_SIGNATURE" });
  await client.send(update);
  await client.next("commit");

  const value = await metricsAt(metricsUrl);
  expect(value('headwater_rounds_committed_total{run="tiny"}')).toBe(1);
  expect(value('headwater_updates_accepted_total{run="tiny"}')).toBe(1);
  expect(value('headwater_updates_rejected_total{run="tiny",code="BAD_SIGNATURE"}')).toBe(1);
  expect(value('headwater_peer_faults_total{code="BAD_SIGNATURE"}')).toBe(1);
  expect(value('headwater_round_duration_seconds_count{run="tiny"}')).toBe(1);
  expect(value('headwater_update_verification_seconds_count{run="tiny"}')).toBe(1);
  expect(value('headwater_aggregation_seconds_count{run="tiny"}')).toBe(1);
  expect(value('headwater_phase{run="tiny",phase="finished"}')).toBe(1);
  expect(value('headwater_clients{run="tiny"}')).toBe(1);
  expect(value("headwater_sockets")).toBe(1);
  expect(value('headwater_received_bytes_total{run="tiny"}')).toBeGreaterThan(40);
  expect(value('headwater_limit_hits_total{limit="frame"}')).toBe(0);
  expect(value('headwater_ready{reason="OK"}')).toBe(1);
  client.close();

  expect((await fetch(`${started.url}/metrics`)).status).toBe(404);
  const foreign = await new Promise((resolve) => {
    request(metricsUrl, { headers: { host: "evil.example" } }, ({ statusCode }) => resolve(statusCode)).end();
  });
  expect(foreign).toBe(421); // a page of another site that points its name at 127.0.0.1
});

it("when asked to stop is not ready, lets the open round end, opens no other, and ends well", async () => {
  const { started, kill, exited } = await startServe({ args: ["--drain-seconds", "60"], run: { rounds: 5 } });
  const client = await joinRawClient(started.url, "a");
  const offer = await client.offer();
  expect((await fetch(`${started.url}/readyz`)).status).toBe(200);
  kill("SIGTERM");
  const answer = await notReady(started.url);
  expect(answer).toMatchObject({ code: "DRAINING" });
  expect((await fetch(`${started.url}/healthz`)).status).toBe(200);
  expect(await client.send(await client.update(offer))).toMatchObject({ ok: true, receipt: expect.anything() });
  await client.next("commit");
  const { code, stdout } = await exited;
  expect(code).toBe(0);
  expect(stdout.trim().split("\n").at(-1)).toContain('"stopped":true,"rounds":1');
});

it.each([
  ["whose rule cannot hold", { run: { aggregation: { kind: "krum", byzantine: 2 } } }, /expected >= 7 updates/],
  ["whose test set is not there", { run: { data: { source: { idx: "nowhere" } } } }, /cannot be read/],
  ["whose metrics port cannot be had", { args: ["--metrics", "203.0.113.1:1"] }, /203\.0\.113\.1/],
  ["whose certificate is not there", { args: ["--tls-cert", "none.pem", "--tls-key", "none.pem"] }, /none\.pem/],
])("ends by itself when asked for a start that fails: one %s", async (_what, options, reason) => {
  await expect(startServe(options)).rejects.toThrow(reason);
});

it("asked twice, ends at once", async () => {
  const { started, kill, exited } = await startServe({ args: ["--drain-seconds", "3600"] });
  await (await joinRawClient(started.url, "a")).offer();
  kill("SIGTERM");
  await notReady(started.url);
  kill("SIGTERM");
  expect((await exited).code).toBe(130);
});

it("takes over a changed configuration, keeps the old one when the new one is wrong, and names what needs a restart", async () => {
  const config = join(temporaryFolder(), "config.json");
  const write = (values: object): void => writeFileSync(config, JSON.stringify(values));
  write({ logLevel: "info", host: "127.0.0.1" });
  const { started, kill, logged } = await startServe({ args: ["--config", config] });
  const allowed = async (): Promise<string | null> => {
    const response = await fetch(`${started.url}/api/status`, { headers: { origin: "https://a.org" } });
    return response.headers.get("access-control-allow-origin");
  };
  expect(await allowed()).toBeNull();

  write({
    logLevel: "info",
    host: "0.0.0.0",
    allowOrigin: ["https://a.org"],
    limits: { "transport.maxConnections": 1 },
  });
  kill("SIGHUP");
  expect(await logged("configuration reloaded")).toMatchObject({ changed: ["allowOrigin", "limit"] });
  expect(await logged("configuration needs a restart")).toMatchObject({ options: ["host"] });
  expect(await allowed()).toBe("https://a.org");
  const client = await joinRawClient(started.url, "a");
  await expect(joinRawClient(started.url, "b")).rejects.toThrow();
  client.close();

  write({ logLevel: "info", allowOrigins: [] });
  kill("SIGHUP");
  expect(await logged("configuration refused")).toMatchObject({
    reason: `${config}: "allowOrigins" is no option; did you mean "allowOrigin"?`,
  });
  expect(await allowed()).toBe("https://a.org");
});

it.each([
  [["--limit", "transport.maxConnection=1"], "did you mean transport.maxConnections?"],
  [["--metrics", "here"], "expected a port such as 9464, or host:port, got here"],
  [["--tls-cert", "x.pem"], "--tls-cert and --tls-key go together; --tls-key is missing"],
  [["--config", "/nowhere.json"], "/nowhere.json: ENOENT"],
])("says what is wrong with %j and how to mend it", async (args, message) => {
  await expect(startServe({ args })).rejects.toThrow(`serve ended with 2: `);
  await expect(startServe({ args })).rejects.toThrow(message);
});

/** Asks until it is not ready: the signal is on its way. */
async function notReady(url: string): Promise<unknown> {
  for (;;) {
    const response = await fetch(`${url}/readyz`);
    if (response.status === 503) return response.json();
  }
}
