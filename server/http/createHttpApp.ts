import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { ProtocolError } from "../../shared/base/errors.ts";
import { isContentHash } from "../../shared/base/hash.ts";
import type { RoundHistory, RunStatus } from "../../shared/protocol/runStatus.ts";
import type { Logger } from "../logger.ts";
import { clientAddress } from "../transport/originPolicy.ts";
import type { EventFeed } from "./eventFeed.ts";
import type { PageFile } from "./pages.ts";
import { securityHeaders } from "./securityHeaders.ts";
import { matchesEtag, sendBytes } from "./sendBytes.ts";

/** What the coordinator shows over HTTP. */
export interface HttpView {
  status(): RunStatus;
  rounds(): RoundHistory;
  /** Canonical JSON: the very bytes that planHash and modelHash cover. */
  readonly planBytes: Uint8Array;
  readonly modelBytes: Uint8Array;
  /** The safetensors bytes of published params; undefined for every other hash, client updates above all. */
  params(hash: string): Promise<Uint8Array | undefined>;
  /** Counts bytes of params as they go out. */
  served(numBytes: number): void;
  /** IDX images and straight after them IDX labels of one shard. */
  sample?(shard: number): Uint8Array | undefined;
  /** undefined when rounds can be run, else why not. */
  notReady(): string | undefined;
}

export interface HttpAppOptions {
  readonly view: HttpView;
  readonly feed: EventFeed;
  readonly pages: ReadonlyMap<string, PageFile>;
  readonly allowedOrigins: readonly string[];
  readonly trustProxy: boolean;
  readonly logger: Logger;
}

const IMMUTABLE = "public, max-age=31536000, immutable";

/** Params by content hash, status as JSON and as server-sent events, health, and the built pages. */
type App = Hono<{ Bindings: HttpBindings }>;

export function createHttpApp({ view, feed, pages, allowedOrigins, trustProxy, logger }: HttpAppOptions): App {
  const app: App = new Hono();
  const fail = (context: Context, status: 400 | 404 | 500 | 503, code: string, message: string) =>
    context.json({ code, message }, status, { "cache-control": "no-store" });
  const fresh = (context: Context, body: object) => context.json(body, 200, { "cache-control": "no-store" });

  app.use(securityHeaders(allowedOrigins));
  app.onError((error, context) => {
    if (error instanceof ProtocolError) return fail(context, 400, error.code, error.message);
    logger.error({ err: error, path: context.req.path }, "a request could not be answered");
    return fail(context, 500, "INTERNAL", "the coordinator failed; its log says why");
  });
  app.notFound((context) => fail(context, 404, "NOT_FOUND", `nothing at ${context.req.path}`));

  app.get("/healthz", (context) => fresh(context, { ok: true }));
  app.get("/readyz", (context) => {
    const reason = view.notReady();
    return reason === undefined ? fresh(context, { ok: true }) : fail(context, 503, "UNAVAILABLE", reason);
  });
  app.get("/api/status", (context) => fresh(context, view.status()));
  app.get("/api/rounds", (context) => fresh(context, view.rounds()));
  app.get("/api/plan", (context) => sendBytes(context, view.planBytes, { contentType: "application/json" }));
  app.get("/api/model", (context) => sendBytes(context, view.modelBytes, { contentType: "application/json" }));

  app.get("/api/params/:hash", async (context) => {
    const { hash } = context.req.param();
    if (!isContentHash(hash)) return fail(context, 400, "MALFORMED", "expected sha256-<64 hex digits>");
    const headers = { etag: `"${hash}"`, cacheControl: IMMUTABLE };
    const bytes = await view.params(hash);
    if (bytes === undefined) return fail(context, 404, "NOT_FOUND", `no params ${hash}; they may have been replaced`);
    if (matchesEtag(context, headers.etag)) return notModified(context, headers);
    if (context.req.method === "GET") view.served(bytes.length);
    return sendBytes(context, bytes, { contentType: "application/octet-stream", ...headers });
  });

  app.get("/api/sample/:shard", (context) => {
    const { shard } = context.req.param();
    const bytes = /^\d{1,6}$/.test(shard) ? view.sample?.(Number(shard)) : undefined;
    if (bytes === undefined) return fail(context, 404, "NOT_FOUND", `no sample shard ${shard.slice(0, 20)}`);
    return sendBytes(context, bytes, { contentType: "application/octet-stream", cacheControl: "public, max-age=3600" });
  });

  app.get("/api/events", (context) => {
    const address = clientAddress(context.env.incoming, trustProxy);
    const stream = feed.open({ event: "status", data: view.status() }, address);
    if (stream === undefined) return fail(context, 503, "UNAVAILABLE", "too many readers of events; try again later");
    return context.body(stream, 200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no", // nginx would hold events back
    });
  });

  app.get("*", (context) => {
    const file = pages.get(context.req.path);
    if (file === undefined) {
      if (context.req.path === "/" && pages.size === 0) {
        return context.text("The page is not built: run `npm run build`. The API is at /api/status.\n");
      }
      return context.notFound();
    }
    const headers = { etag: file.etag, cacheControl: file.isImmutable ? IMMUTABLE : "no-cache" };
    if (matchesEtag(context, file.etag)) return notModified(context, headers);
    return sendBytes(context, file.bytes, { contentType: file.contentType, ...headers });
  });
  return app;
}

function notModified(context: Context, { etag, cacheControl }: { etag: string; cacheControl: string }) {
  return context.body(null, 304, { etag, "cache-control": cacheControl });
}
