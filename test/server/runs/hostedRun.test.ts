import { expect, it } from "vitest";
import { createNodeSigner, nodeVerify } from "../../../server/crypto/nodeEd25519.ts";
import { createLogger } from "../../../server/logger.ts";
import { createRun } from "../../../server/openRun.ts";
import { hostRun } from "../../../server/runs/hostedRun.ts";
import { paramsFormatOf } from "../../../server/runs/paramsFormatOf.ts";
import { createMemoryStore } from "../../../server/store/memoryStore.ts";
import { nodeSha256 } from "../../../server/store/nodeSha256.ts";
import { webRandom } from "../../../shared/crypto/webRandom.ts";
import { seedOf } from "../../support/rawClient.ts";
import { tinyModel } from "../../support/testCoordinator.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

it("a run that cannot be put in place leaves no timer behind", async () => {
  const clock = createVirtualClock();
  const signer = createNodeSigner(seedOf("coordinator"));
  const store = createMemoryStore();
  const model = tinyModel();
  const crypto = { random: webRandom, sha256: nodeSha256 };
  const { run } = await createRun({
    ...{ ...crypto, store, model, paramsFormatOf, coordinatorKey: signer.publicKey },
    plan: { name: "x", aggregation: { kind: "fltrust" } },
  });
  const ports = {
    ...{ ...crypto, store, clock, signer, verify: nodeVerify, wallClockMs: () => 0 },
    logger: createLogger("silent"),
    broadcaster: { broadcast() {} },
    paramsFormat: paramsFormatOf(model),
  };
  await expect(hostRun({ run, model, settings: { minRoundMs: 0 }, ports })).rejects.toThrow(/fltrust/);
  expect(clock.numScheduled).toBe(0);
});
