import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { OnLimit } from "../telemetry/limitNames.ts";
import { boundSending } from "./boundSending.ts";
import { inPieces } from "./inPieces.ts";
import { HTTP_LIMITS } from "./webServer.ts";

export interface SendBytesOptions {
  readonly contentType: string;
  readonly etag?: string;
  /** `no-store` when absent. */
  readonly cacheControl?: string;
}

/** A body of known length, in one part or several; HEAD gets the same headers, content-length included. */
export type SendBytes = (
  context: Context<{ Bindings: HttpBindings }>,
  body: Uint8Array | readonly Uint8Array[],
  options: SendBytesOptions,
) => Response;

export interface CreateSendBytesOptions {
  readonly maxSendingBytes?: number;
  readonly onLimit?: OnLimit | undefined;
  /** Whether the process keeps these bytes whether or not they are sent. */
  readonly isHeld?: (buffer: ArrayBufferLike) => boolean;
}

/** One for a whole server: what it sends is bounded altogether. */
export function createSendBytes(settings: CreateSendBytesOptions): SendBytes {
  const { maxSendingBytes = HTTP_LIMITS.maxSendingBytes, onLimit = () => {}, isHeld } = settings;
  const beginLong = boundSending(maxSendingBytes, () => onLimit("http-sending"), isHeld);
  return (context, body, options) => {
    const parts = body instanceof Uint8Array ? [body] : body;
    const numBytes = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const headers: Record<string, string> = {
      "content-type": options.contentType,
      "content-length": String(numBytes),
      "cache-control": options.cacheControl ?? "no-store",
    };
    if (options.etag !== undefined) headers.etag = options.etag;
    if (context.req.method === "HEAD") return context.body(null, 200, headers);
    const isLong = numBytes > HTTP_LIMITS.pieceBytes;
    if (!isLong && body instanceof Uint8Array) return context.body(body as Uint8Array<ArrayBuffer>, 200, headers);
    if (isLong) beginLong(context.env.outgoing, parts);
    return context.body(inPieces(parts, context.env.outgoing), 200, headers);
  };
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
