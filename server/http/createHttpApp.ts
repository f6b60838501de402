import type { HttpBindings } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { Logger } from "../logger.ts";
import { OperatorError, type OperatorErrorCode } from "../runs/operatorError.ts";
import type { RunDirectory } from "../runs/runDirectory.ts";
import type { RunOperator } from "../runs/runOperator.ts";
import type { TrustProxy } from "../transport/trustedProxy.ts";
import { fail, fresh } from "./answers.ts";
import { API_ROUTES } from "./apiRoutes.ts";
import { openApiDocument } from "./openApiDocument.ts";
import { addOperatorRoutes } from "./operatorRoutes.ts";
import { addPageRoutes } from "./pageRoutes.ts";
import type { PageFile } from "./pages.ts";
import { listRuns } from "./runList.ts";
import { addRunRoutes } from "./runRoutes.ts";
import { securityHeaders } from "./securityHeaders.ts";

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
  readonly logger: Logger;
}

/** Params by content hash, status as JSON and as server-sent events, health, and the built pages. */
export function createHttpApp(options: HttpAppOptions): Hono<{ Bindings: HttpBindings }> {
  const { runs, operator, gate, pages, allowedOrigins, trustProxy, logger } = options;
  const app: Hono<{ Bindings: HttpBindings }> = new Hono();

  app.use(securityHeaders(allowedOrigins));
  app.onError((error, context) => {
    if (error instanceof OperatorError) return fail(context, STATUS[error.code], error.code, error.message);
    if (error instanceof ProtocolError) return fail(context, 400, error.code, error.message);
    logger.error({ err: error, path: context.req.path }, "a request could not be answered");
    return fail(context, 500, "INTERNAL", "the coordinator failed; its log says why");
  });
  app.notFound((context) => fail(context, 404, "NOT_FOUND", `nothing at ${context.req.path}`));

  app.get("/healthz", (context) => fresh(context, { ok: true }));
  app.get("/readyz", (context) => {
    const reason = runs.default.coordinator.view.paused;
    return reason === undefined ? fresh(context, { ok: true }) : fail(context, 503, "UNAVAILABLE", reason);
  });
  const openApi = openApiDocument(API_ROUTES);
  app.get("/api/openapi.json", (context) => fresh(context, openApi));
  app.get("/api/runs", (context) => fresh(context, { runs: listRuns(runs) }));
  addOperatorRoutes(app, { runs, operator, gate });
  addRunRoutes(app, { find: runs.find, trustProxy });
  addPageRoutes(app, { find: runs.find, pages });
  return app;
}
