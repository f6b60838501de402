import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readTlsFiles } from "../../../server/configuration/tlsFiles.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

const pem = (name: string): string => fileURLToPath(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url));
const NOW = Date.parse("2030-01-01");

it("reads a certificate and its key", () => {
  const context = readTlsFiles({ cert: pem("first.cert"), key: pem("first.key") }, NOW);
  expect(context).toEqual({
    cert: readFileSync(pem("first.cert"), "utf8"),
    key: readFileSync(pem("first.key"), "utf8"),
    minVersion: "TLSv1.2",
  });
});

it("names the file that cannot serve, and why", () => {
  const read =
    (cert: string, key: string, nowMs = NOW) =>
    () =>
      readTlsFiles({ cert, key }, nowMs);
  expect(read("/nowhere.pem", pem("first.key"))).toThrow(/^--tls-cert \/nowhere\.pem cannot be read: ENOENT/);
  const noPem = join(temporaryFolder(), "no.pem");
  writeFileSync(noPem, "hello");
  expect(read(noPem, pem("first.key"))).toThrow(`--tls-cert ${noPem} expected a PEM certificate`);
  expect(read(pem("first.cert"), noPem)).toThrow(`--tls-key ${noPem} expected a PEM private key without a passphrase`);
  expect(read(pem("first.cert"), pem("second.key"))).toThrow(/is not the key of the certificate in/);
  expect(read(pem("first.cert"), pem("first.key"), Date.parse("2200-01-01"))).toThrow(/was valid until .*; renew it/);
});
