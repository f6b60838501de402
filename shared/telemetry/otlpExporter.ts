import type { Clock } from "../base/clock.ts";
import { otlpSpans, type Resource } from "./otlpSpans.ts";
import type { Span, Tracer } from "./span.ts";

export interface OtlpExporterOptions {
  /** The collector's address for traces: ends in /v1/traces as a rule. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly resource: Resource;
  readonly clock: Clock;
  /** How it is sent; the platform's own when absent. */
  readonly fetch?: typeof globalThis.fetch;
  /** Told once when sending begins to fail, and when it works again (undefined). */
  readonly onTrouble?: (reason: string | undefined) => void;
}

/** A tracer that sends what it is given. */
export interface OtlpExporter extends Tracer {
  /** Spans handed on, and spans let go because the collector did not take them. */
  readonly numSent: number;
  readonly numDropped: number;
  /** Sends what is left, once. */
  close(): Promise<void>;
}

const MAX_WAITING = 4096;
const MAX_BATCH = 512;
const SEND_EVERY_MS = 2000;
const TIMEOUT_MS = 10_000;
/** Who is about to end does not wait that long. */
const CLOSING_TIMEOUT_MS = 2000;

/**
 * Sends spans to an OpenTelemetry collector, OTLP over HTTP in JSON, in batches and in the background. A collector that is
 * away costs spans, never memory or time of a round: a batch that was not taken is sent once more, then let go.
 */
export function createOtlpExporter(options: OtlpExporterOptions): OtlpExporter {
  const { url, headers = {}, resource, clock, fetch: send = globalThis.fetch, onTrouble = () => {} } = options;
  let waiting: Span[] = [];
  let numSent = 0;
  let numDropped = 0;
  let isTroubled = false;
  let isClosed = false;
  let cancelSend: (() => void) | undefined;
  let sending: Promise<void> | undefined;

  function sendLater(): void {
    if (waiting.length === 0 || isClosed || sending !== undefined) return;
    cancelSend ??= clock.schedule(SEND_EVERY_MS, () => {
      cancelSend = undefined;
      sending = sendAll().finally(() => {
        sending = undefined;
        sendLater();
      });
    });
  }

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH);
      waiting = waiting.slice(MAX_BATCH);
      let trouble = await post(batch);
      if (trouble !== undefined && !isClosed) trouble = await post(batch);
      if (trouble === undefined) numSent += batch.length;
      else numDropped += batch.length;
      if ((trouble !== undefined) !== isTroubled) onTrouble(trouble);
      isTroubled = trouble !== undefined;
      if (isTroubled) return; // the rest waits for the next turn
    }
  }

  /** Why the batch was not taken, or undefined. */
  async function post(batch: readonly Span[]): Promise<string | undefined> {
    const body = JSON.stringify(otlpSpans(batch, resource));
    const signal = AbortSignal.timeout(isClosed ? CLOSING_TIMEOUT_MS : TIMEOUT_MS);
    try {
      const response = await send(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body,
        signal,
      });
      await response.body?.cancel();
      return response.ok ? undefined : `${url} answered ${response.status}`;
    } catch (error) {
      return `${url} cannot be reached: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  return {
    record(span) {
      if (isClosed || waiting.length >= MAX_WAITING) {
        numDropped++;
        return;
      }
      waiting.push(span);
      sendLater();
    },
    get numSent() {
      return numSent;
    },
    get numDropped() {
      return numDropped;
    },
    async close() {
      isClosed = true;
      cancelSend?.();
      await sending;
      await sendAll();
      numDropped += waiting.length;
      waiting = [];
    },
  };
}
