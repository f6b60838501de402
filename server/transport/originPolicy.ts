import type { IncomingMessage } from "node:http";
import { forwarded, isFromProxy, type TrustProxy } from "./trustedProxy.ts";

export interface OriginPolicyOptions {
  /** Origins allowed beside the coordinator's own, for instance "https://example.org". */
  readonly allowedOrigins: readonly string[];
  /** Which reverse proxies in front are believed. */
  readonly trustProxy: TrustProxy;
  /** Where people reach the coordinator, for instance "https://example.org/fl": its origin is the coordinator's own. */
  readonly publicUrl?: string | undefined;
}

/**
 * Whether a request may open a socket. Browsers do not hold WebSocket upgrades to CORS, so a page of any site could
 * otherwise speak to a coordinator on the visitor's machine or network. Clients that are no browser send no Origin and
 * pass: they prove who they are by signature.
 */
export function isOriginAllowed(request: IncomingMessage, options: OriginPolicyOptions): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return true;
  if (ownOrigins(options).includes(origin)) return true;
  const host = forwarded(request, "x-forwarded-host", options.trustProxy) ?? request.headers.host;
  if (host === undefined || !URL.canParse(origin)) return false;
  const { host: originHost, protocol } = new URL(origin);
  // A page over plain http may be anybody's on the way; where the proxy says how it was asked, that has to fit too.
  const scheme = forwarded(request, "x-forwarded-proto", options.trustProxy);
  return originHost === host.toLowerCase() && (scheme === undefined || protocol === `${scheme}:`);
}

/**
 * Whether a request may name this Host. A page of any site can point its own name at 127.0.0.1 (DNS rebinding): for the
 * browser the coordinator is then that page's own origin, and the Host is the only sign. So a coordinator that only this
 * machine can reach answers to names of this machine and of the allowed origins alone. Behind a trusted proxy, or on a
 * network, other names are its own and pass.
 */
export function isHostAllowed(
  request: IncomingMessage,
  { listensOn, ...options }: OriginPolicyOptions & { readonly listensOn: string },
): boolean {
  const { host } = request.headers;
  if (isFromProxy(request, options.trustProxy) || !isLoopbackName(listensOn)) return true;
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  if (isLoopbackName(hostname)) return true;
  return ownOrigins(options).some((origin) => URL.canParse(origin) && new URL(origin).hostname === hostname);
}

function ownOrigins({ allowedOrigins, publicUrl }: OriginPolicyOptions): readonly string[] {
  return publicUrl === undefined ? allowedOrigins : [...allowedOrigins, new URL(publicUrl).origin];
}

/** A name or address that never leaves the machine (RFC 6761 section 6.3, RFC 5735, RFC 4291). */
export function isLoopbackName(hostname: string): boolean {
  return /^(?:localhost|[^/@]*\.localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(hostname);
}
