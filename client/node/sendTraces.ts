import { createHash, randomBytes } from "node:crypto";
import { otelSettings } from "../../shared/telemetry/otelSettings.ts";
import { createOtlpExporter } from "../../shared/telemetry/otlpExporter.ts";
import type { ClientEvent } from "../core/clientEvent.ts";
import { systemClock } from "../core/systemClock.ts";
import { clientTraces } from "./clientTraces.ts";

/** Traces of what a client does, on their way to a collector. */
export interface SentTraces {
  show(event: ClientEvent): void;
  /** Sends what is left. */
  close(): Promise<void>;
}

/**
 * Sends traces to the collector that OpenTelemetry's environment variables name; without one nothing is sent anywhere.
 * @throws TypeError if a variable cannot be understood.
 */
export function sendTraces(env: Readonly<Record<string, string | undefined>>): SentTraces | undefined {
  const settings = otelSettings(env, "headwater-client");
  if (settings === undefined) return undefined;
  const exporter = createOtlpExporter({ ...settings, clock: systemClock });
  const show = clientTraces({
    tracer: exporter,
    sha256: (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest()),
    unixMs: () => performance.timeOrigin + performance.now(),
    createSpanId: () => randomBytes(8).toString("hex"),
  });
  return { show, close: exporter.close };
}
