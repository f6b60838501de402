import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { nodeSha256 } from "../../../server/store/nodeSha256.ts";
import { otelSettings } from "../../../shared/telemetry/otelSettings.ts";
import { createOtlpExporter } from "../../../shared/telemetry/otlpExporter.ts";
import { otlpSpans } from "../../../shared/telemetry/otlpSpans.ts";
import { assignmentSpanId, roundTrace } from "../../../shared/telemetry/roundTrace.ts";
import type { Span } from "../../../shared/telemetry/span.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

const span = (name: string): Span => ({
  traceId: "a".repeat(32),
  spanId: "b".repeat(16),
  name,
  startMs: 1_750_000_000_000.25,
  endMs: 1_750_000_000_001.5,
});

describe("roundTrace", () => {
  it("derives the same ids from the same attempt, and others from any other", () => {
    const name = { runId: "0f".repeat(16), round: 3, attempt: 1 };
    const hex = createHash("sha256").update(`headwater-trace/1\0${name.runId}\0${3}\0${1}`).digest("hex");
    expect(roundTrace(name, nodeSha256)).toEqual({ traceId: hex.slice(0, 32), roundSpanId: hex.slice(32, 48) });
    const others = [
      { ...name, round: 31, attempt: 0 },
      { ...name, attempt: 2 },
      { ...name, runId: "1f".repeat(16) },
    ];
    const ids = [name, ...others].map((attempt) => roundTrace(attempt, nodeSha256).traceId);
    expect(new Set(ids).size).toBe(4);
    expect(assignmentSpanId("00".repeat(16), nodeSha256)).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe("otlpSpans", () => {
  it("encodes as the protocol's JSON does: hex ids, numbers for enumerations, decimal text for 64 bits", () => {
    const attributes = { text: "a", count: 3, share: 0.5, yes: true };
    const links = [{ traceId: "c".repeat(32), spanId: "d".repeat(16) }];
    const full: Span = { ...span("round"), parentSpanId: "e".repeat(16), attributes, links, error: "too late" };
    expect(otlpSpans([full], { "service.name": "headwater" })).toEqual({
      resourceSpans: [
        {
          resource: { attributes: [{ key: "service.name", value: { stringValue: "headwater" } }] },
          scopeSpans: [
            {
              scope: { name: "headwater" },
              spans: [
                {
                  traceId: "a".repeat(32),
                  spanId: "b".repeat(16),
                  parentSpanId: "e".repeat(16),
                  name: "round",
                  kind: 1,
                  startTimeUnixNano: "1750000000000250000",
                  endTimeUnixNano: "1750000000001500000",
                  attributes: [
                    { key: "text", value: { stringValue: "a" } },
                    { key: "count", value: { intValue: "3" } },
                    { key: "share", value: { doubleValue: 0.5 } },
                    { key: "yes", value: { boolValue: true } },
                  ],
                  links,
                  status: { code: 2, message: "too late" },
                },
              ],
            },
          ],
        },
      ],
    });
  });
});

describe("createOtlpExporter", () => {
  function collector(answer: () => Response) {
    const clock = createVirtualClock();
    const bodies: { headers: Record<string, string>; names: string[] }[] = [];
    const troubles: (string | undefined)[] = [];
    const exporter = createOtlpExporter({
      url: "http://collector/v1/traces",
      headers: { authorization: "Bearer x" },
      resource: {},
      clock,
      onTrouble: (reason) => troubles.push(reason),
      async fetch(_url, init) {
        const spans = JSON.parse(String(init?.body)).resourceSpans[0].scopeSpans[0].spans as { name: string }[];
        bodies.push({ headers: init?.headers as Record<string, string>, names: spans.map(({ name }) => name) });
        return answer();
      },
    });
    /** Lets time pass and what was begun by it end. */
    const turn = async (): Promise<void> => {
      clock.advance(2000);
      await new Promise((resolve) => setImmediate(resolve));
    };
    return { exporter, bodies, troubles, turn };
  }

  it("sends in batches, later, with the operator's headers", async () => {
    const { exporter, bodies, turn } = collector(() => new Response());
    for (let i = 0; i < 600; i++) exporter.record(span(`s${i}`));
    expect(bodies).toEqual([]);
    await turn();
    expect(bodies.map(({ names }) => names.length)).toEqual([512, 88]);
    expect(bodies[0]?.headers).toMatchObject({ authorization: "Bearer x", "content-type": "application/json" });
    expect([exporter.numSent, exporter.numDropped]).toEqual([600, 0]);
  });

  it("tries a batch twice, lets it go, says so once, and says when the collector is back", async () => {
    let status = 503;
    const { exporter, bodies, troubles, turn } = collector(() => new Response(null, { status }));
    exporter.record(span("lost"));
    await turn();
    exporter.record(span("lost too"));
    await turn();
    expect(bodies).toHaveLength(4);
    expect(troubles).toEqual(["http://collector/v1/traces answered 503"]);
    status = 200;
    exporter.record(span("kept"));
    await turn();
    expect(troubles).toEqual(["http://collector/v1/traces answered 503", undefined]);
    expect([exporter.numSent, exporter.numDropped]).toEqual([1, 2]);
  });

  it("holds no more than 4096 spans while none is taken, and sends what is left when it closes", async () => {
    const { exporter, bodies } = collector(() => new Response());
    for (let i = 0; i < 5000; i++) exporter.record(span("s"));
    await exporter.close();
    exporter.record(span("after"));
    expect(bodies).toHaveLength(8); // 4096 = 8 x 512
    expect([exporter.numSent, exporter.numDropped]).toEqual([4096, 905]); // 904 too many and one after the end
  });
});

describe("otelSettings", () => {
  it("sends nothing anywhere unless a collector is named", () => {
    expect(otelSettings({}, "headwater")).toBeUndefined();
    const disabled = { OTEL_SDK_DISABLED: "true", OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318" };
    expect(otelSettings(disabled, "headwater")).toBeUndefined();
  });

  it("understands OpenTelemetry's own variables", () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318/",
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20x, tenant=a",
      OTEL_RESOURCE_ATTRIBUTES: "service.name=other,region=eu",
    };
    expect(otelSettings(env, "headwater")).toEqual({
      url: "http://c:4318/v1/traces",
      headers: { authorization: "Bearer x", tenant: "a" },
      resource: { "service.name": "other", region: "eu" },
    });
    const exact = { ...env, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://t/x", OTEL_SERVICE_NAME: "mine" };
    expect(otelSettings(exact, "headwater")).toMatchObject({
      url: "https://t/x",
      resource: { "service.name": "mine" },
    });
  });

  it("names the variable that holds no address", () => {
    expect(() => otelSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }, "headwater")).toThrow(
      'OTEL_EXPORTER_OTLP_ENDPOINT expected an address such as http://127.0.0.1:4318, got "collector:4318"',
    );
  });
});
