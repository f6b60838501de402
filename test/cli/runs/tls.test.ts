import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { afterEach, expect, it, onTestFinished } from "vitest";
import { runsCommand } from "../../../cli/runs/runsCommand.ts";
import { identityCommand } from "../../../client/node/identityCommand.ts";
import { createNodeSigner } from "../../../server/crypto/nodeEd25519.ts";
import { type Coordinator, startCoordinator } from "../../../server/startCoordinator.ts";
import { toHex } from "../../../shared/base/hash.ts";
import { encodeParams } from "../../../shared/params/encodeParams.ts";
import { signRoster } from "../../../shared/protocol/roster.ts";
import { runVerb } from "../../simulations/support/runVerb.ts";
import { tinyRun } from "../../support/operatedCoordinator.ts";
import { seedOf } from "../../support/rawClient.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";
import { tinyModel } from "../../support/testCoordinator.ts";

const pathOf = (name: string): string => fileURLToPath(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url));
const CERT = pathOf("first.cert");
const operator = createNodeSigner(seedOf("operator"));

afterEach(() => {
  process.exitCode = undefined;
});

interface Secured {
  readonly coordinator: Coordinator;
  readonly directory: string;
  /** A client's key that is on the roster. */
  readonly key: string;
}

/** A coordinator with a certificate that nobody trusts unless told. */
async function startSecured(): Promise<Secured> {
  const [directory, key] = [temporaryFolder(), join(temporaryFolder(), "me.json")];
  await runVerb(identityCommand(), ["show", "--identity", key]);
  const clients = [{ publicKey: JSON.parse(readFileSync(key, "utf8")).publicKey as string }];
  const coordinator = await startCoordinator({
    plan: {
      name: "first",
      rounds: null,
      cohort: { size: 1, quorum: 1 },
      identity: { kind: "enrolled", operatorKey: toHex(operator.publicKey) },
    },
    roster: await signRoster({ format: "headwater-roster/1", runId: null, version: 1, clients }, operator),
    model: tinyModel(),
    directory,
    port: 0,
    logger: pino({ level: "silent" }),
    tls: { cert: readFileSync(CERT, "utf8"), key: readFileSync(pathOf("first.key"), "utf8"), minVersion: "TLSv1.2" },
  });
  onTestFinished(coordinator.close);
  return { coordinator, directory, key };
}

it("operates a coordinator whose certificate it is told to trust, and says the way out where it is not", async () => {
  const { coordinator, directory } = await startSecured();
  const where = ["--url", coordinator.url, "--data", directory];
  const refused = await runVerb(runsCommand(), ["list", ...where]);
  expect(refused.stderr).toMatch(/its certificate is not trusted here; .*--ca FILE \(DEPTH_ZERO_SELF_SIGNED_CERT\)/);
  expect(process.exitCode).toBe(1);
  expect((await runVerb(runsCommand(), ["list", ...where, "--ca", CERT])).stdout).toMatch(/first \(default\)/);
  const file = join(temporaryFolder(), "run.json");
  writeFileSync(file, JSON.stringify(tinyRun("mine")));
  const made = await runVerb(runsCommand(), ["create", file, ...where, "--ca", CERT]);
  expect(made.stdout).toMatch(/mine is made/);
  const params = join(temporaryFolder(), "params.safetensors");
  writeFileSync(params, encodeParams(tinyModel().spec, new Float32Array(10)));
  const upload = ["create", file, "--name", "other", "--params", params];
  const uploaded = await runVerb(runsCommand(), [...upload, ...where, "--ca", CERT]);
  expect(uploaded.stdout).toMatch(/other is made/);
  const missing = await runVerb(runsCommand(), ["list", ...where, "--ca", file]);
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringMatching(/--ca .* expected a PEM certificate/) });
});

it("rotates a key at a coordinator whose certificate it is told to trust, and says the way out where it is not", async () => {
  const { coordinator, key } = await startSecured();
  const before = readFileSync(key);
  const refused = await runVerb(identityCommand(), ["rotate", coordinator.url, "--identity", key]);
  expect(refused.stderr).toMatch(/its certificate is not trusted here; .*--ca FILE .*run this again/);
  expect(readFileSync(key)).toEqual(before);
  const rotated = await runVerb(identityCommand(), ["rotate", coordinator.url, "--identity", key, "--ca", CERT]);
  expect(rotated.stdout).toMatch(/holds the new key/);
});
