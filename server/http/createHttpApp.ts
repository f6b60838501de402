import type { HttpBindings } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import { requestId } from "hono/request-id";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { Logger } from "../logger.ts";
import { OperatorError, type OperatorErrorCode } from "../runs/operatorError.ts";
import type { RunDirectory } from "../runs/runDirectory.ts";
import type { RunOperator } from "../runs/runOperator.ts";
import { StoreReadOnlyError } from "../store/storeErrors.ts";
import type { OnLimit } from "../telemetry/limitNames.ts";
import type { TrustProxy } from "../transport/trustedProxy.ts";
import { fail, fresh } from "./answers.ts";
import { API_ROUTES } from "./apiRoutes.ts";
import { addHealthRoutes, type Health } from "./healthRoutes.ts";
import { addIdentityRoutes } from "./identityRoutes.ts";
import { openApiDocument } from "./openApiDocument.ts";
import { addOperatorRoutes } from "./operatorRoutes.ts";
import { addPageRoutes } from "./pageRoutes.ts";
import type { PageFile } from "./pages.ts";
import { listRuns } from "./runList.ts";
import { addRunRoutes } from "./runRoutes.ts";
import { securityHeaders } from "./securityHeaders.ts";
import { createSendBytes } from "./sendBytes.ts";
import type { TlsFacts } from "./strictTransport.ts";

const STATUS: Readonly<Record<OperatorErrorCode, 400 | 404 | 409>> = {
  MALFORMED: 400,
  NOT_FOUND: 404,
  CONFLICT: 409,
  UNSUPPORTED: 409,
};

export interface HttpAppOptions {
  readonly runs: Pick<RunDirectory, "default" | "list" | "find">;
  readonly operator: RunOperator;
  readonly gate: MiddlewareHandler<{ Bindings: HttpBindings }>;
  readonly pages: ReadonlyMap<string, PageFile>;
  readonly allowedOrigins: readonly string[];
  readonly trustProxy: TrustProxy;
  readonly tls: TlsFacts;
  readonly health: Health;
  readonly logger: Logger;
  readonly wallClockMs: () => number;
  readonly onLimit?: OnLimit | undefined;
}

/** Params by content hash, status as JSON and as server-sent events, health, and the built pages. */
export function createHttpApp(options: HttpAppOptions): Hono<{ Bindings: HttpBindings }> {
  const { runs, operator, gate, pages, allowedOrigins, trustProxy, logger } = options;
  const app: Hono<{ Bindings: HttpBindings }> = new Hono();
  const pageBuffers = new Set<ArrayBufferLike>([...pages.values()].map(({ bytes }) => bytes.buffer));
  const isHeld = (buffer: ArrayBufferLike): boolean =>
    pageBuffers.has(buffer) || runs.list().some(({ coordinator }) => coordinator.view.paramsBytes.buffer === buffer);
  const sendBytes = createSendBytes({ onLimit: options.onLimit, isHeld });

  app.use(requestId());
  app.use(securityHeaders(allowedOrigins, options.tls));
  app.onError((error, context) => {
    if (error instanceof OperatorError) return fail(context, STATUS[error.code], error.code, error.message);
    if (error instanceof StoreReadOnlyError) return fail(context, 503, "UNAVAILABLE", error.message);
    if (error instanceof ProtocolError) {
      return fail(context, error.code === "UNAVAILABLE" ? 503 : 400, error.code, error.message);
    }
    const request = context.res.headers.get("x-request-id");
    logger.error({ err: error, path: context.req.path, request }, "a request could not be answered");
    return fail(context, 500, "INTERNAL", "the coordinator failed; its log says why");
  });
  app.notFound((context) => fail(context, 404, "NOT_FOUND", `nothing at ${context.req.path}`));

  addHealthRoutes(app, options.health);
  const openApi = new TextEncoder().encode(JSON.stringify(openApiDocument(API_ROUTES)));
  app.get("/api/openapi.json", (context) => sendBytes(context, openApi, { contentType: "application/json" }));
  app.get("/api/runs", (context) => fresh(context, { runs: listRuns(runs) }));
  addOperatorRoutes(app, { runs, operator, gate });
  const { wallClockMs, tls } = options;
  addIdentityRoutes(app, { operator, gate, wallClockMs, publicUrl: tls.publicUrl });
  addRunRoutes(app, { find: runs.find, trustProxy, sendBytes });
  addPageRoutes(app, { find: runs.find, pages, sendBytes });
  return app;
}
