import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startJoin } from "../../client/node/joinProcess.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";
import { startServe } from "./serveProcess.ts";

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly service: string;
}

/** An OpenTelemetry collector as far as an exporter can tell. */
async function startCollector(): Promise<{ url: string; spans: SentSpan[] }> {
  const spans: SentSpan[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    if (request.method === "POST" && request.url === "/v1/traces") {
      for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
        const service = resource.attributes[0].value.stringValue as string;
        for (const span of scopeSpans[0].spans) spans.push({ ...span, service });
      }
    }
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans };
}

it("lets spans of coordinator and client meet in one trace without a word about it in the protocol", async () => {
  const { url, spans } = await startCollector();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url };
  const { started, kill, exited } = await startServe({ env });
  const folder = temporaryFolder();
  const data = join(folder, "data.csv");
  writeFileSync(data, "a,b,c,d,label\n1,0,0,0,x\n0,1,0,0,y\n");
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = url; // for the client's process
  onTestFinished(() => void delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT);
  const client = startJoin(started.url, "--data", data, "--once", "--identity", join(folder, "id.json"));
  expect((await client.exited).code).toBe(0);
  kill("SIGTERM");
  await exited;

  const names = (service: string) => spans.filter((span) => span.service === service).map(({ name }) => name);
  expect(names("headwater-coordinator").sort()).toEqual(
    ["aggregate", "assignment", "commit", "journal", "round", "select", "submit", "verify"].sort(),
  );
  expect(names("headwater-client").sort()).toEqual(["download", "train", "upload"]);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const assignment = spans.find(({ name }) => name === "assignment");
  const parents = spans.filter(({ service }) => service === "headwater-client").map(({ parentSpanId }) => parentSpanId);
  expect(parents).toEqual([assignment?.spanId, assignment?.spanId, assignment?.spanId]);
});
