import type { Context } from "hono";

export interface SendBytesOptions {
  readonly contentType: string;
  readonly etag?: string;
  /** `no-store` when absent. */
  readonly cacheControl?: string;
}

/** A body of known length; HEAD gets the same headers, content-length included. */
export function sendBytes(context: Context, bytes: Uint8Array, options: SendBytesOptions): Response {
  const headers: Record<string, string> = {
    "content-type": options.contentType,
    "content-length": String(bytes.byteLength),
    "cache-control": options.cacheControl ?? "no-store",
  };
  if (options.etag !== undefined) headers.etag = options.etag;
  if (context.req.method === "HEAD") return context.body(null, 200, headers);
  return context.body(bytes as Uint8Array<ArrayBuffer>, 200, headers);
}

/** Whether If-None-Match names the entity tag (weak comparison, as RFC 9110 section 13.1.2 asks). */
export function matchesEtag(context: Context, etag: string): boolean {
  const header = context.req.header("if-none-match");
  if (header === undefined) return false;
  return header.split(",").some((item) => item.trim() === "*" || item.trim().replace(/^W\//, "") === etag);
}

export function notModified(context: Context, { etag, cacheControl }: { etag: string; cacheControl: string }) {
  return context.body(null, 304, { etag, "cache-control": cacheControl });
}
