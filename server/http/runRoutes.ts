import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono } from "hono";
import { isContentHash } from "../../shared/base/hash.ts";
import type { HostedRun } from "../runs/hostedRun.ts";
import { addressGroup } from "../transport/addressGroup.ts";
import { clientAddress, type TrustProxy } from "../transport/trustedProxy.ts";
import { fail, fresh } from "./answers.ts";
import { roundsJson } from "./roundsJson.ts";
import { matchesEtag, notModified, type SendBytes } from "./sendBytes.ts";

type App = Hono<{ Bindings: HttpBindings }>;
type Answer = Response | Promise<Response>;

export interface RunRoutesOptions {
  /** By name or id; the default run for undefined. */
  readonly find: (nameOrId: string | undefined) => HostedRun | undefined;
  readonly trustProxy: TrustProxy;
  readonly sendBytes: SendBytes;
}

/** Params never change under their hash. */
export const IMMUTABLE = "public, max-age=31536000, immutable";

/** What anybody may read of a run: below /api for the default one, below /api/runs/:run for each. */
export function addRunRoutes(app: App, { find, trustProxy, sendBytes }: RunRoutesOptions): void {
  const encodeRounds = roundsJson();

  function get(
    path: string,
    answer: (context: Context<{ Bindings: HttpBindings }>, hosted: HostedRun) => Answer,
  ): void {
    for (const prefix of ["/api", "/api/runs/:run"]) {
      app.get(`${prefix}${path}`, (context) => {
        const { run } = context.req.param() as { readonly run?: string };
        const hosted = find(run);
        return hosted === undefined ? fail(context, 404, "NOT_FOUND", noSuchRun(run)) : answer(context, hosted);
      });
    }
  }

  get("/status", (context, { status }) => fresh(context, status()));
  get("/rounds", (context, { rounds }) =>
    sendBytes(context, encodeRounds(rounds()), { contentType: "application/json" }),
  );
  get("/plan", (context, { planBytes }) => sendBytes(context, planBytes, { contentType: "application/json" }));
  get("/model", (context, { modelBytes }) => sendBytes(context, modelBytes, { contentType: "application/json" }));

  get("/params/:hash", async (context, hosted) => {
    const hash = context.req.param("hash") as string;
    if (!isContentHash(hash)) return fail(context, 400, "MALFORMED", "expected sha256-<64 hex digits>");
    const headers = { etag: `"${hash}"`, cacheControl: IMMUTABLE };
    const bytes = await hosted.params(hash);
    if (bytes === undefined) return fail(context, 404, "NOT_FOUND", `no params ${hash}; they may have been replaced`);
    if (matchesEtag(context, headers.etag)) return notModified(context, headers);
    if (context.req.method === "GET") hosted.coordinator.served(bytes.length);
    return sendBytes(context, bytes, { contentType: "application/octet-stream", ...headers });
  });

  get("/sample/:shard", (context, { sampleShard }) => {
    const shard = context.req.param("shard") as string;
    const bytes = /^\d{1,6}$/.test(shard) ? sampleShard(Number(shard)) : undefined;
    if (bytes === undefined) return fail(context, 404, "NOT_FOUND", `no sample shard ${shard.slice(0, 20)}`);
    return sendBytes(context, bytes, { contentType: "application/octet-stream", cacheControl: "public, max-age=3600" });
  });

  get("/events", (context, { feed, status }) => {
    const headers = {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no", // nginx would hold events back
    };
    // A reader who is not there could not go: nobody cancels the stream of an answer whose body is dropped.
    if (context.req.method === "HEAD") return context.body(null, 200, headers);
    const address = addressGroup(clientAddress(context.env.incoming, trustProxy));
    const stream = feed.open({ event: "status", data: status() }, address);
    if (stream === undefined) return fail(context, 503, "UNAVAILABLE", "too many readers of events; try again later");
    return context.body(stream, 200, headers);
  });
}

/** What to say to whoever names a run that is not there. */
export function noSuchRun(run: string | undefined): string {
  return `no run ${JSON.stringify((run ?? "").slice(0, 80))} here; GET /api/runs lists those that are`;
}
