import { Validator } from "@seriousme/openapi-schema-validator";
import { Hono, type MiddlewareHandler } from "hono";
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { API_ROUTES } from "../../../server/http/apiRoutes.ts";
import { createHttpApp, type HttpAppOptions } from "../../../server/http/createHttpApp.ts";
import { openApiDocument } from "../../../server/http/openApiDocument.ts";
import { startReverseProxy } from "../../support/reverseProxy.ts";
import { startTestCoordinator } from "../../support/testCoordinator.ts";

const unused = new Proxy({}, { get: () => () => undefined });
const pass: MiddlewareHandler = (_, next) => next();
const app = createHttpApp({
  runs: unused,
  operator: unused,
  gate: pass,
  health: unused,
  tls: unused,
  pages: new Map(),
  allowedOrigins: [],
  trustProxy: false,
  logger: pino({ level: "silent" }),
} as unknown as HttpAppOptions);

it("is a valid OpenAPI 3.1 document", async () => {
  const result = await new Validator().validate({ ...openApiDocument(API_ROUTES) });
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
});

it("describes every route of the interface, and none that is not there", () => {
  expect(app).toBeInstanceOf(Hono);
  const served = app.routes
    .filter(({ method, path }) => method !== "ALL" && (path.startsWith("/api/") || path.endsWith("z")))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  const described = API_ROUTES.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect([...new Set(served)].sort()).toEqual([...described].sort());
});

it("gives each operation a name of its own", () => {
  const { paths } = openApiDocument(API_ROUTES) as { paths: Record<string, Record<string, { operationId: string }>> };
  const names = Object.values(paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
  expect(new Set(names).size).toBe(names.length);
});

it.each([
  ["at the top of its host", "", false],
  ["below a path that a proxy takes off", "/fl", true],
  ["below a path that a proxy passes on", "/research/fl", false],
])("leads from where it was read to the interface, %s", async (_, path, strips) => {
  const coordinator = await startTestCoordinator({ publicUrl: `https://example.org${path}` });
  onTestFinished(() => coordinator.close());
  const proxy = await startReverseProxy({ targetPort: coordinator.port, path, strips, host: "example.org" });
  onTestFinished(() => proxy.close());
  const address = `${proxy.url}/api/openapi.json`;
  const { servers, paths } = (await (await fetch(address)).json()) as {
    servers: { url: string }[];
    paths: Record<string, object>;
  };
  expect(Object.keys(paths)).toContain("/api/status");
  const base = new URL(servers[0]?.url ?? "/", address).href.replace(/\/$/, ""); // paths begin with the slash
  expect(base).toBe(proxy.url);
  expect((await fetch(`${base}/api/status`)).status).toBe(200);
});
