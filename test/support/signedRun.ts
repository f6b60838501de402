import { createNodeSigner } from "../../server/crypto/nodeEd25519.ts";
import type { JournalEvent } from "../../server/store/journalEvent.ts";
import { nodeSha256 as sha256 } from "../../server/store/nodeSha256.ts";
import type { Store } from "../../server/store/store.ts";
import { createStrategy } from "../../server/strategies/createStrategy.ts";
import { canonicalJsonBytes, type JsonValue } from "../../shared/base/canonicalJson.ts";
import { type ContentHash, contentHash, toHex } from "../../shared/base/hash.ts";
import { createRng } from "../../shared/base/rng.ts";
import { defineModel } from "../../shared/models/defineModel.ts";
import { linear } from "../../shared/nn/layers/linear.ts";
import { encodeParams } from "../../shared/params/encodeParams.ts";
import { commitHash, encodeCommitRecord, metricsHash } from "../../shared/protocol/commitRecord.ts";
import { createOffer } from "../../shared/protocol/createOffer.ts";
import { createUpdate } from "../../shared/protocol/createUpdate.ts";
import { defineRunPlan, planHash } from "../../shared/protocol/runPlan.ts";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const signerOf = (seed: number) => createNodeSigner(new Uint8Array(32).fill(seed));

export interface SignedRunOptions {
  readonly retention: "headers" | "all";
  readonly rounds: number;
  /** In this round the coordinator moves one param by a hair, and signs the result. */
  readonly cheatInRound?: number;
  /** Changes an event before it is journaled, or makes it two or none: a coordinator that cheats. */
  readonly tamper?: (event: JournalEvent) => readonly JournalEvent[];
}

/** Plays an honest run of three clients into a store, with real keys and signatures; returns the last params' hash. */
export async function playSignedRun(store: Store, options: SignedRunOptions): Promise<ContentHash> {
  const { retention, rounds, tamper = (event: JournalEvent) => [event] } = options;
  const model = defineModel({
    name: "tiny",
    input: { shape: [3] },
    layers: [linear(3, 2)],
    loss: "softmaxCrossEntropy",
  });
  const document = model.document as unknown as JsonValue;
  const modelHash = contentHash(sha256, canonicalJsonBytes(document));
  const runId = "00112233445566778899aabbccddeeff";
  const plan = defineRunPlan({ runId, name: "tiny run", modelHash, retention, cohort: { size: 3 } });
  const hashOfPlan = planHash(plan, sha256);
  const coordinator = signerOf(1);
  const clients = [signerOf(2), signerOf(3), signerOf(4)];
  const numParams = model.spec.sharedLength;
  const strategy = createStrategy(plan, numParams);
  const append = async (event: JournalEvent): Promise<void> => {
    for (const written of tamper(event)) await store.append(written);
  };

  let params: Float32Array = model.init(createRng(1));
  let bytes = encodeParams(model.spec, params);
  let paramsHash = await store.putBlob(bytes);
  let previousCommitHash: ContentHash | null = null;
  await append({
    kind: "run-created",
    plan: plan as unknown as Record<string, unknown>,
    model: document as Record<string, unknown>,
    planHash: hashOfPlan,
    modelHash,
    coordinatorKey: toHex(coordinator.publicKey),
    paramsHash,
  });
  for (let round = 0; round < rounds; round++) {
    const at = { round, attempt: 0 };
    const tickets = clients.map((_, i) => new Uint8Array(16).fill(16 * (round + 1) + i));
    const members = clients.map(({ publicKey }, i) => ({
      clientId: toHex(publicKey),
      ticket: toHex(tickets[i] as Uint8Array),
    }));
    await append({ kind: "round-opened", ...at, paramsHash, members });
    const fold = strategy.openRound(strategy.init(params), round);
    const headerHashes: ContentHash[] = [];
    for (const [i, client] of clients.entries()) {
      const rng = createRng(round, i);
      const delta = Float32Array.from({ length: numParams }, () => rng.nextFloat() - 0.5);
      const offer = createOffer({
        ...at,
        ticket: tickets[i] as Uint8Array,
        baseParamsHash: paramsHash,
        baseVersion: round,
        deadlineMs: plan.deadlineMs,
        numParams,
        paramsBytes: bytes.length,
      });
      const { submit, payload, headerHash } = await createUpdate(
        { plan, planHash: hashOfPlan, coordinatorKey: coordinator.publicKey, offer, delta, numExamples: 10 + i },
        client,
        sha256,
      );
      await append({
        kind: "update-accepted",
        ...at,
        clientId: toHex(client.publicKey),
        headerHash,
        header: base64(submit.header),
        signature: base64(submit.signature),
        manifest: base64(submit.manifest),
        payloadHash: await store.putBlob(payload),
        weight: 10 + i,
      });
      headerHashes.push(headerHash);
      const clientId = toHex(client.publicKey);
      fold.add({ clientId, delta, weight: 10 + i, staleness: 0, parts: new Map(), metrics: {} });
    }
    headerHashes.sort();
    await append({ kind: "round-sealed", ...at, headerHashes });
    const baseParamsHash = paramsHash;
    params = (await fold.finish({ seed: "" })).params;
    if (round === options.cheatInRound) params[0] = (params[0] as number) + 2 ** -20;
    bytes = encodeParams(model.spec, params);
    paramsHash = await store.putBlob(bytes);
    const metrics = { testAccuracy: 0.5 };
    const record = encodeCommitRecord({
      version: 1,
      runId,
      coordinatorKey: coordinator.publicKey,
      planHash: hashOfPlan,
      modelHash,
      ...at,
      commitNumber: round + 1,
      baseParamsHash,
      paramsHash,
      previousCommitHash,
      metricsHash: metricsHash(metrics, sha256),
      totalWeight: 33,
      headerHashes,
    });
    const signature = base64(coordinator.sign(record));
    await append({
      kind: "round-committed",
      ...at,
      paramsHash,
      metrics,
      headerHashes,
      record: base64(record),
      signature,
    });
    previousCommitHash = commitHash(record, sha256);
  }
  return paramsHash;
}
