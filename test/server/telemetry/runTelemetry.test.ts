import { expect, it } from "vitest";
import { createMemoryStore } from "../../../server/store/memoryStore.ts";
import { nodeSha256 } from "../../../server/store/nodeSha256.ts";
import { createMetricRegistry } from "../../../server/telemetry/metricRegistry.ts";
import { observedStore } from "../../../server/telemetry/observedStore.ts";
import { runMetrics } from "../../../server/telemetry/runMetrics.ts";
import type { ObserveRun, RunObservation } from "../../../server/telemetry/runObservation.ts";
import { runTraces } from "../../../server/telemetry/runTraces.ts";
import { assignmentSpanId, roundTrace } from "../../../shared/telemetry/roundTrace.ts";
import type { Span } from "../../../shared/telemetry/span.ts";

const hash = (digit: string) => `sha256-${digit.repeat(64)}` as const;
const [ANNE, BERT] = ["a".repeat(64), "b".repeat(64)];
const [TICKET_A, TICKET_B] = ["1".repeat(32), "2".repeat(32)];
const at = { round: 0, attempt: 0 };
const signed = { header: "", signature: "", manifest: "" };

/** A round of two: Anne's update is accepted, Bert's refused. Milliseconds as they would be measured. */
const ROUND: readonly RunObservation[] = [
  { kind: "may-open", startMs: 0, endMs: 1 },
  {
    kind: "append",
    startMs: 2,
    endMs: 5,
    event: {
      kind: "round-opened",
      ...at,
      paramsHash: hash("0"),
      members: [
        { clientId: ANNE, ticket: TICKET_A },
        { clientId: BERT, ticket: TICKET_B },
      ],
    },
  },
  { kind: "message", event: "accept", ticket: TICKET_A, hasReceipt: false, startMs: 10, endMs: 10 },
  { kind: "message", event: "submit", ticket: TICKET_A, hasReceipt: false, startMs: 100, endMs: 101 },
  { kind: "message", event: "chunk", ticket: TICKET_A, hasReceipt: false, startMs: 102, endMs: 103 },
  { kind: "put-blob", numBytes: 40, hash: hash("c"), startMs: 128, endMs: 132 },
  {
    kind: "append",
    startMs: 132,
    endMs: 140,
    event: {
      kind: "update-accepted",
      ...at,
      clientId: ANNE,
      headerHash: hash("d"),
      ...signed,
      payloadHash: hash("c"),
      weight: 10,
    },
  },
  { kind: "message", event: "chunk", ticket: TICKET_A, hasReceipt: true, startMs: 108, endMs: 141 },
  {
    kind: "message",
    event: "submit",
    ticket: TICKET_B,
    hasReceipt: false,
    code: "BAD_SIGNATURE",
    startMs: 150,
    endMs: 151,
  },
  {
    kind: "append",
    startMs: 200,
    endMs: 204,
    event: { kind: "round-sealed", ...at, headerHashes: [hash("d")] },
  },
  { kind: "put-blob", numBytes: 100, hash: hash("e"), startMs: 234, endMs: 240 },
  { kind: "evaluate", startMs: 240, endMs: 300 },
  {
    kind: "append",
    startMs: 301,
    endMs: 302,
    event: {
      kind: "round-committed",
      ...at,
      paramsHash: hash("e"),
      metrics: {},
      headerHashes: [hash("d")],
      record: "",
      signature: "",
    },
  },
];

const ABORTED: readonly RunObservation[] = [
  {
    kind: "append",
    startMs: 310,
    endMs: 311,
    event: { kind: "round-opened", ...at, round: 1, paramsHash: hash("e"), members: [] },
  },
  {
    kind: "append",
    startMs: 400,
    endMs: 401,
    event: { kind: "round-aborted", ...at, round: 1, reason: "quorum missed" },
  },
];

function traced(): { observe: ObserveRun; spans: Span[] } {
  const spans: Span[] = [];
  let count = 0;
  const observe = runTraces({
    tracer: { record: (span) => spans.push(span) },
    runId: "f".repeat(32),
    name: "digits",
    sha256: nodeSha256,
    unixMs: (ms) => 1000 + ms,
    createSpanId: () => String(count++).padStart(16, "0"),
  });
  return { observe, spans };
}

it("counts and measures a round from the calls over its ports", async () => {
  const registry = createMetricRegistry();
  const observe = runMetrics(registry, "digits");
  for (const observation of [...ROUND, ...ABORTED]) observe(observation);
  const lines = (await registry.text()).split("\n");
  const value = (name: string): number =>
    Number(
      lines
        .find((line) => line.startsWith(`${name} `))
        ?.split(" ")
        .at(-1),
    );
  expect(value('headwater_rounds_committed_total{run="digits"}')).toBe(1);
  expect(value('headwater_rounds_aborted_total{run="digits"}')).toBe(1);
  expect(value('headwater_updates_accepted_total{run="digits"}')).toBe(1);
  expect(value('headwater_updates_rejected_total{run="digits",code="BAD_SIGNATURE"}')).toBe(1);
  expect(value('headwater_store_written_bytes_total{run="digits"}')).toBe(140);
  // Last chunk at 108, first write at 128; sealed at 204, new params written at 234; opened at 2, committed at 302.
  expect(value('headwater_update_verification_seconds_sum{run="digits"}')).toBeCloseTo(0.02, 9);
  expect(value('headwater_aggregation_seconds_sum{run="digits"}')).toBeCloseTo(0.03, 9);
  expect(value('headwater_evaluation_seconds_sum{run="digits"}')).toBeCloseTo(0.06, 9);
  expect(value('headwater_round_duration_seconds_sum{run="digits"}')).toBeCloseTo(0.3, 9);
  expect(value('headwater_store_commit_seconds_count{run="digits"}')).toBe(6);
});

it("counts from zero what alerts ask about", async () => {
  const registry = createMetricRegistry();
  runMetrics(registry, "digits");
  expect(await registry.text()).toContain('headwater_rounds_committed_total{run="digits"} 0\n');
});

it("does not count a refusal that says nothing of the update", async () => {
  const registry = createMetricRegistry();
  const observe = runMetrics(registry, "digits");
  for (const code of ["RATE_LIMITED", "UPLOAD_OUT_OF_ORDER", "UNAVAILABLE"]) {
    observe({ kind: "message", event: "chunk", hasReceipt: false, code, startMs: 0, endMs: 0 });
  }
  observe({ kind: "message", event: "hello", hasReceipt: false, code: "BAD_SIGNATURE", startMs: 0, endMs: 0 });
  expect(await registry.text()).not.toContain("headwater_updates_rejected_total{");
});

it("tells a round as one trace: select, each assignment with its steps, aggregate, evaluate, commit", () => {
  const { observe, spans } = traced();
  for (const observation of ROUND) observe(observation);
  const { traceId, roundSpanId } = roundTrace({ runId: "f".repeat(32), ...at }, nodeSha256);
  expect(spans.every((span) => span.traceId === traceId)).toBe(true);
  const times = spans.map(({ name, startMs, endMs }) => `${name} ${startMs - 1000}-${endMs - 1000}`);
  expect(times).toEqual([
    "select 0-5",
    "submit 100-108",
    "verify 108-128",
    "journal 128-140",
    "assignment 5-141",
    "evaluate 240-300",
    "aggregate 204-234",
    "commit 301-302",
    "assignment 5-302",
    "round 0-302",
  ]);
  const anne = assignmentSpanId(TICKET_A, nodeSha256);
  expect(spans.filter(({ name }) => ["submit", "verify", "journal"].includes(name)).map((s) => s.parentSpanId)).toEqual(
    [anne, anne, anne],
  );
  const [answered, refused] = spans.filter(({ name }) => name === "assignment");
  expect(answered).toMatchObject({ spanId: anne, parentSpanId: roundSpanId });
  expect(answered?.attributes).toEqual({ "headwater.client": "a".repeat(16), "headwater.outcome": "accepted" });
  expect(refused).toMatchObject({ error: "BAD_SIGNATURE", attributes: { "headwater.outcome": "rejected" } });
  const round = spans.at(-1);
  expect(round?.spanId).toBe(roundSpanId);
  expect(round?.parentSpanId).toBeUndefined();
});

it("tells why an attempt came to nothing, and links it to the one before", () => {
  const { observe, spans } = traced();
  for (const observation of [...ROUND, ...ABORTED]) observe(observation);
  const before = roundTrace({ runId: "f".repeat(32), ...at }, nodeSha256);
  expect(spans.at(-1)).toMatchObject({
    name: "round",
    error: "quorum missed",
    links: [{ traceId: before.traceId, spanId: before.roundSpanId }],
  });
});

it("tells nothing of an attempt whose beginning it has not seen", () => {
  const { observe, spans } = traced();
  for (const observation of ROUND.slice(2)) observe(observation);
  expect(spans).toEqual([]);
});

it("watches a store without changing what it does", async () => {
  const seen: RunObservation[] = [];
  let now = 0;
  const plain = createMemoryStore();
  const store = observedStore(
    plain,
    (observation) => seen.push(observation),
    () => now++,
  );
  const bytes = Uint8Array.of(1, 2, 3);
  const stored = await store.putBlob(bytes);
  expect(await store.getBlob(stored)).toEqual(bytes);
  await expect(store.append({ kind: "nonsense" } as never)).rejects.toThrow(TypeError);
  expect(store.head).toBe(plain.head);
  expect(seen).toMatchObject([
    { kind: "put-blob", numBytes: 3, hash: stored, startMs: 0, endMs: 1 },
    { kind: "append", startMs: 2, endMs: 3, error: expect.stringContaining("kind") },
  ]);
});
