import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { fetchWithCa } from "../../../client/node/fetchWithCa.ts";
import { startJoin } from "../../client/node/joinProcess.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";
import { startServe } from "./serveProcess.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url));
const trusting = (name: string) => fetchWithCa(readFileSync(fixture(`${name}.cert`), "utf8"));

/** Certificate and key where an operator keeps them, and how to renew them. */
function certificateFiles() {
  const folder = temporaryFolder();
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const install = (name: string): void => {
    copyFileSync(fixture(`${name}.cert`), cert);
    copyFileSync(fixture(`${name}.key`), key);
  };
  install("first");
  return { args: ["--tls-cert", cert, "--tls-key", key], cert, install };
}

it("serves page, API and sockets over TLS on one port, to clients that trust its certificate", async () => {
  const { args, cert } = certificateFiles();
  const { started } = await startServe({ args });
  expect(started.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  await expect(fetch(`${started.url}/api/status`)).rejects.toThrow();
  const status = await trusting("first")(`${started.url}/api/status`);
  expect(await status.json()).toMatchObject({ run: { name: "tiny" } });
  expect(status.headers.get("strict-transport-security")).toBeNull(); // other programs on this machine speak http

  const folder = temporaryFolder();
  const data = join(folder, "data.csv");
  writeFileSync(data, "a,b,c,d,label\n1,0,0,0,x\n0,1,0,0,y\n");
  const client = startJoin(started.url, "--data", data, "--ca", cert, "--once", "--identity", join(folder, "id.json"));
  await client.until("kept");
  expect((await client.exited).code).toBe(0);
});

it("speaks nothing older than TLS 1.2", async () => {
  const { started } = await startServe({ args: certificateFiles().args });
  const failure = await new Promise<NodeJS.ErrnoException>((resolve, reject) => {
    // Level 0 lets OpenSSL offer the old version at all.
    const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
    const socket = connect({ port: started.port, host: "127.0.0.1", rejectUnauthorized: false, ...old }, () =>
      reject(new Error(`expected a refusal, got ${socket.getProtocol()}`)),
    );
    socket.on("error", resolve);
  });
  expect(failure.code).toBe("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
});

it("takes a renewed certificate without a restart, and keeps the old one when the new one is damaged", async () => {
  const { args, cert, install } = certificateFiles();
  const { started, kill, logged } = await startServe({ args: [...args, "--log-level", "info"] });
  install("second");
  kill("SIGHUP");
  await logged("configuration reloaded");
  expect((await trusting("second")(`${started.url}/healthz`)).status).toBe(200);
  await expect(trusting("first")(`${started.url}/healthz`)).rejects.toThrow();

  writeFileSync(cert, "-----BEGIN CERTIFICATE-----\n");
  kill("SIGHUP");
  expect(await logged("configuration refused")).toMatchObject({
    reason: expect.stringContaining(`--tls-cert ${cert}`),
  });
  expect((await trusting("second")(`${started.url}/healthz`)).status).toBe(200);
});
