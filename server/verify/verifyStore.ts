import { toHex } from "../../shared/base/hash.ts";
import { furtherStart } from "../../shared/models/furtherStart.ts";
import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../shared/models/parseModelDocument.ts";
import { decodeParams } from "../../shared/params/decodeParams.ts";
import { encodeParams } from "../../shared/params/encodeParams.ts";
import { sharedStatistics } from "../../shared/params/sharedStatistics.ts";
import { nodeVerify } from "../crypto/nodeEd25519.ts";
import { nodeSha256 } from "../store/nodeSha256.ts";
import { readRunHistory } from "../store/runHistory.ts";
import { openStore } from "../store/sqliteStore.ts";
import type { Store } from "../store/store.ts";
import { CorruptStoreError } from "../store/storeErrors.ts";
import type { ParamsFormat } from "./modelReplay.ts";
import { createProblems } from "./problems.ts";
import { createRunReplay, type RunReplay } from "./runReplay.ts";
import type { VerifyLevel, VerifyReport } from "./verifyReport.ts";

/**
 * Replays a run's journal and checks everything that it claims: the chain, the hashes of plan and model, each update's
 * signed header against the assignment it answers, each commit's signature and the set of updates it counts; and, for
 * a run that keeps its updates (retention "all"), recomputes every global model and compares it bit for bit. Reads
 * only, also while a coordinator writes: what is appended meanwhile is left for the next time. `maxLevel` "headers" leaves
 * the models alone.
 * @throws Error of the environment (no such directory, no right to read); what is wrong with the run is in the report.
 */
export async function verifyStore(
  source: string | Store,
  { maxLevel = "models" }: { readonly maxLevel?: VerifyLevel } = {},
): Promise<VerifyReport> {
  if (typeof source !== "string") return replayStore(source, maxLevel);
  try {
    const store = await openStore({ directory: source, readOnly: true });
    try {
      return await replayStore(store, maxLevel);
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof CorruptStoreError)) throw error;
    return damagedReport(error.message);
  }
}

async function replayStore(store: Store, maxLevel: VerifyLevel): Promise<VerifyReport> {
  const problems = createProblems();
  let replay: RunReplay | undefined;
  try {
    readRunHistory(store.events()); // no event is out of place: the replay may rely on their order
    const ports = { problems, sha256: nodeSha256, verify: nodeVerify };
    replay = createRunReplay({ store, paramsFormat: paramsFormatOf, maxLevel, ...ports });
    for (const { seq, event } of store.events()) await replay.take(seq, event);
  } catch (error) {
    if (!(error instanceof CorruptStoreError)) throw error;
    problems.add(null, error.message);
  }
  if (store.head === undefined) problems.add(null, "the journal is empty: no run was started here");
  const facts = await replay?.finish();
  const run = replay?.run;
  return {
    ...EMPTY,
    ...facts,
    ok: problems.count === 0,
    problems: problems.kept,
    numProblems: problems.count,
    runId: run?.plan.runId ?? null,
    name: run?.plan.name ?? null,
    coordinatorKey: run === undefined ? null : toHex(run.coordinatorKey),
    chainHash: store.head?.hash ?? null,
  };
}

const EMPTY: VerifyReport = {
  ok: false,
  level: "headers",
  levelReason: "the journal could not be replayed",
  problems: [],
  numProblems: 0,
  runId: null,
  name: null,
  coordinatorKey: null,
  numEvents: 0,
  numCommits: 0,
  numAborted: 0,
  numUpdates: 0,
  numModelsRecomputed: 0,
  paramsHash: null,
  chainHash: null,
};

function damagedReport(message: string): VerifyReport {
  return { ...EMPTY, problems: [{ seq: null, message }], numProblems: 1 };
}

/** The shared params of a model document as safetensors. @throws TypeError or RangeError if it is no model. */
function paramsFormatOf(document: unknown): ParamsFormat {
  const model = modelFromDocument(parseModelDocument(document));
  const { spec } = model;
  return {
    numParams: spec.sharedLength,
    statistics: sharedStatistics(spec),
    furtherStart: (runId) => furtherStart(model, runId),
    encode: (values) => encodeParams(spec, values),
    decode: (bytes) => decodeParams(spec, bytes),
  };
}
