import { createHash, timingSafeEqual } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import type { MiddlewareHandler } from "hono";
import type { Clock } from "../../shared/base/clock.ts";
import type { OnLimit } from "../telemetry/limitNames.ts";
import { addressGroup } from "../transport/addressGroup.ts";
import { isOriginAllowed } from "../transport/originPolicy.ts";
import { createTokenBucket, type TokenBucket } from "../transport/tokenBucket.ts";
import { clientAddress, type TrustProxy } from "../transport/trustedProxy.ts";
import { fail } from "./answers.ts";

export interface OperatorGateOptions {
  /** What an operator must show; without one nobody is an operator. */
  readonly token: string | undefined;
  readonly trustProxy: TrustProxy;
  readonly publicUrl?: string | undefined;
  readonly clock: Clock;
  readonly onLimit?: OnLimit | undefined;
}

/** Wrong tokens from one address: at once, and per second in the long run. */
const FAILURE_BURST = 10;
const FAILURES_PER_SECOND = 0.1;
/** Addresses with failures that are remembered; beyond it all others share one budget. */
const MAX_ADDRESSES = 10_000;

/**
 * Lets operators through: `Authorization: Bearer <token>`, compared in constant time. No cookie counts, and no page of
 * another origin gets through, so a browser cannot be made to act for its operator. Wrong tokens are limited by address;
 * the right one always passes, so that nobody can lock the operator out.
 */
export function operatorGate(options: OperatorGateOptions): MiddlewareHandler<{ Bindings: HttpBindings }> {
  const { token, trustProxy, publicUrl, clock } = options;
  const failures = new Map<string, TokenBucket>();
  const expected = token === undefined ? undefined : digest(token);

  /** The wait before an address may try again, milliseconds; 0 while it may. */
  function countFailure(address: string): number {
    for (const [other, bucket] of failures) if (bucket.isFull()) failures.delete(other);
    const key = failures.size < MAX_ADDRESSES ? address : "others";
    const bucket =
      failures.get(key) ?? createTokenBucket({ clock, burst: FAILURE_BURST, ratePerSecond: FAILURES_PER_SECOND });
    failures.set(key, bucket);
    return bucket.take();
  }

  return async (context, next) => {
    const { incoming } = context.env;
    if (!isOriginAllowed(incoming, { allowedOrigins: [], trustProxy, publicUrl })) {
      return fail(context, 403, "FORBIDDEN_ORIGIN", "expected a program or the coordinator's own page");
    }
    const shown = /^Bearer ([!-~]{1,200})$/i.exec(context.req.header("authorization") ?? "")?.[1];
    if (expected !== undefined && shown !== undefined && timingSafeEqual(digest(shown), expected)) return next();
    const waitMs = countFailure(addressGroup(clientAddress(incoming, trustProxy)));
    if (waitMs > 0) {
      options.onLimit?.("operator-tokens");
      context.header("retry-after", String(Math.ceil(waitMs / 1000)));
      return fail(context, 429, "RATE_LIMITED", "too many wrong tokens from this address; try again later");
    }
    context.header("www-authenticate", 'Bearer realm="headwater"');
    return fail(context, 401, "UNAUTHENTICATED", expected === undefined ? NO_OPERATOR : WHICH_TOKEN);
  };
}

const NO_OPERATOR = "this coordinator has no operator: it was started without a data folder";
const WHICH_TOKEN = 'expected "Authorization: Bearer <token>", the one in secrets/operator.token of the data folder';

/** Hashed first, so that inputs of any length compare in the same time. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
