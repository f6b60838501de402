import type { MiddlewareHandler } from "hono";
import type { TlsFacts } from "./strictTransport.ts";
import { isStrictTransport } from "./strictTransport.ts";

/** Own scripts, WebAssembly and blob workers; nothing inline, nothing foreign, no framing. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Browsers use https alone for a year. */
const STRICT_TRANSPORT = "max-age=31536000";

/** The same headers on every answer; allowed origins may also read the API from their own pages. */
export function securityHeaders(allowedOrigins: readonly string[], tls: TlsFacts): MiddlewareHandler {
  return async (context, next) => {
    await next();
    const { headers } = context.res;
    headers.set("content-security-policy", CONTENT_SECURITY_POLICY);
    headers.set("x-content-type-options", "nosniff");
    headers.set("referrer-policy", "no-referrer");
    headers.set("x-frame-options", "DENY");
    headers.set("cross-origin-opener-policy", "same-origin");
    headers.set("permissions-policy", "geolocation=(), microphone=(), camera=()");
    if (isStrictTransport(context.req.header("host"), tls)) headers.set("strict-transport-security", STRICT_TRANSPORT);
    headers.append("vary", "origin");
    const origin = context.req.header("origin");
    if (origin !== undefined && allowedOrigins.includes(origin)) headers.set("access-control-allow-origin", origin);
    else headers.set("cross-origin-resource-policy", "same-origin");
  };
}
