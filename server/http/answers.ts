import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** An error as every route answers it: a stable code for programs, a sentence for people. */
export function fail(context: Context, status: ContentfulStatusCode, code: string, message: string): Response {
  return context.json({ code, message }, status, { "cache-control": "no-store" });
}

/** JSON that is never cached. */
export function fresh(context: Context, body: object, status: ContentfulStatusCode = 200): Response {
  return context.json(body, status, { "cache-control": "no-store" });
}
