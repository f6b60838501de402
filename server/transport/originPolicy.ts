import type { IncomingMessage } from "node:http";

export interface OriginPolicyOptions {
  /** Origins allowed beside the coordinator's own, for instance "https://example.org". */
  readonly allowedOrigins: readonly string[];
  /** Believe X-Forwarded-For and X-Forwarded-Host of a reverse proxy in front. */
  readonly trustProxy: boolean;
}

/**
 * Whether a request may open a socket. Browsers do not hold WebSocket upgrades to CORS, so a page of any site could
 * otherwise speak to a coordinator on the visitor's machine or network. Clients that are no browser send no Origin and
 * pass: they prove who they are by signature.
 */
export function isOriginAllowed(
  request: IncomingMessage,
  { allowedOrigins, trustProxy }: OriginPolicyOptions,
): boolean {
  const { origin } = request.headers;
  if (origin === undefined) return true;
  if (allowedOrigins.includes(origin)) return true;
  const forwarded = trustProxy ? firstValue(request.headers["x-forwarded-host"]) : undefined;
  const host = forwarded ?? request.headers.host;
  if (host === undefined || !URL.canParse(origin)) return false;
  return new URL(origin).host === host.toLowerCase();
}

/**
 * Whether a request may name this Host. A page of any site can point its own name at 127.0.0.1 (DNS rebinding): for the
 * browser the coordinator is then that page's own origin, and the Host is the only sign. So a coordinator that only this
 * machine can reach answers to names of this machine and of the allowed origins alone. Behind a trusted proxy, or on a
 * network, other names are its own and pass.
 */
export function isHostAllowed(
  { headers: { host } }: Pick<IncomingMessage, "headers">,
  { listensOn, allowedOrigins, trustProxy }: OriginPolicyOptions & { readonly listensOn: string },
): boolean {
  if (trustProxy || !isLoopbackName(listensOn)) return true;
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  if (isLoopbackName(hostname)) return true;
  return allowedOrigins.some((origin) => URL.canParse(origin) && new URL(origin).hostname === hostname);
}

/** A name or address that never leaves the machine (RFC 6761 section 6.3, RFC 5735, RFC 4291). */
function isLoopbackName(hostname: string): boolean {
  return /^(?:localhost|[^/@]*\.localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/i.test(hostname);
}

/**
 * The address that a request counts against. Behind a trusted proxy that is the last address it added: earlier ones
 * were written by whoever sent the request.
 */
export function clientAddress(request: IncomingMessage, trustProxy: boolean): string {
  const forwarded = trustProxy ? request.headers["x-forwarded-for"] : undefined;
  const list = Array.isArray(forwarded) ? forwarded.join(",") : forwarded;
  const last = list?.split(",").at(-1)?.trim();
  return last || request.socket.remoteAddress || "unknown";
}

function firstValue(header: string | string[] | undefined): string | undefined {
  return (Array.isArray(header) ? header[0] : header)?.split(",")[0]?.trim();
}
