import { parentPort } from "node:worker_threads";
import { runSpan } from "../strategies/robust/runSpan.ts";
import { type Span, spansOf } from "../strategies/robust/spans.ts";
import type { TileCall } from "../strategies/robust/tileCall.ts";
import type { Row } from "../strategies/robust/updateRows.ts";
import { readStored } from "./readStored.ts";
import type { TileAnswer, TileRequest } from "./tileMessage.ts";

/** The call that the pool named last. */
interface Current {
  readonly id: number;
  readonly call: TileCall;
  readonly values: Float64Array;
  readonly spans: readonly Span[];
}

// The entry point of one worker thread: it is told a call, then asked for spans of it.
let current: Current | undefined;

parentPort?.on("message", (request: TileRequest) => {
  if (request.kind === "call") current = currentOf(request);
  else if (current) parentPort?.postMessage(answer(current, request.index));
});

function currentOf(request: TileRequest & { kind: "call" }): Current {
  const { id, pass, mix, rows, numParams, hidden, values } = request;
  const clientIds = rows.map((_, i) => String(i));
  const updates = { clientIds, numParams, row: (i: number) => rows[i] as Row, readStored, hidden };
  return { id, call: { ...pass, mix, updates }, values, spans: spansOf(numParams) };
}

function answer({ id, call, values, spans }: Current, index: number): TileAnswer {
  try {
    return { kind: "done", id, index, sums: runSpan(call, spans[index] as Span, values) };
  } catch (error) {
    return { kind: "failed", id, error, facts: { ...(error as object) } }; // a message takes an error without its code
  }
}
