import type { Span } from "./span.ts";

/** Attributes of whoever makes the spans: `service.name` above all. */
export type Resource = Readonly<Record<string, string>>;

const SPAN_KIND_INTERNAL = 1;
const STATUS_ERROR = 2;

/**
 * Spans as an OTLP export request in JSON: ids as hex digits, enumerations as numbers, 64-bit numbers as decimal strings.
 * Source: OpenTelemetry protocol specification 1.x, "JSON Protobuf Encoding".
 */
export function otlpSpans(spans: readonly Span[], resource: Resource): object {
  const scope = { name: "headwater" };
  return {
    resourceSpans: [
      { resource: { attributes: attributesOf(resource) }, scopeSpans: [{ scope, spans: spans.map(otlpSpan) }] },
    ],
  };
}

function otlpSpan({ traceId, spanId, parentSpanId, name, startMs, endMs, attributes, links, error }: Span): object {
  return {
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    name,
    kind: SPAN_KIND_INTERNAL,
    startTimeUnixNano: unixNano(startMs),
    endTimeUnixNano: unixNano(Math.max(startMs, endMs)),
    attributes: attributesOf(attributes ?? {}),
    ...(links === undefined ? {} : { links }),
    ...(error === undefined ? {} : { status: { code: STATUS_ERROR, message: error } }),
  };
}

function attributesOf(values: Readonly<Record<string, string | number | boolean>>): object[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: attributeValue(value) }));
}

function attributeValue(value: string | number | boolean): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** Nanoseconds since 1970 fit no double: microseconds are kept, the rest is zeros. */
function unixNano(unixMs: number): string {
  return `${Math.round(unixMs * 1000)}000`;
}
