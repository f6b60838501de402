import type { Clock } from "../../shared/base/clock.ts";
import { addressGroup } from "./addressGroup.ts";
import { createTokenBucket, type TokenBucket } from "./tokenBucket.ts";
import type { TransportLimits } from "./transportLimits.ts";

export interface AddressBudgetOptions {
  readonly clock: Clock;
  /** Read anew for each connection; an address that is known keeps the rate it was met with. */
  readonly limits: Pick<TransportLimits, "maxConnectionsPerAddress" | "connectBurst" | "connectsPerSecond">;
}

/** Connections per network address (of IPv6: per /64): how many are open and how fast new ones come. */
export interface AddressBudget {
  /** Whether one more connection from the address may be opened now; counts the attempt. */
  mayConnect(address: string): boolean;
  opened(address: string): void;
  closed(address: string): void;
}

/** Addresses remembered before those with a full budget are forgotten. */
const SWEEP_AT = 4096;

export function createAddressBudget({ clock, limits }: AddressBudgetOptions): AddressBudget {
  const entries = new Map<string, { readonly bucket: TokenBucket; open: number }>();

  function entry(address: string): { readonly bucket: TokenBucket; open: number } {
    const group = addressGroup(address);
    let found = entries.get(group);
    if (found === undefined) {
      if (entries.size >= SWEEP_AT) sweep();
      const bucket = createTokenBucket({
        clock,
        burst: limits.connectBurst,
        ratePerSecond: limits.connectsPerSecond,
      });
      found = { bucket, open: 0 };
      entries.set(group, found);
    }
    return found;
  }

  function sweep(): void {
    for (const [address, { bucket, open }] of entries) if (open === 0 && bucket.isFull()) entries.delete(address);
  }

  return {
    mayConnect(address) {
      const { bucket, open } = entry(address);
      return open < limits.maxConnectionsPerAddress && bucket.take() === 0;
    },
    opened(address) {
      entry(address).open++;
    },
    closed(address) {
      const found = entry(address);
      found.open = Math.max(0, found.open - 1);
    },
  };
}
