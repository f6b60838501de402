import type { Clock } from "../../shared/base/clock.ts";
import type { Sha256 } from "../../shared/base/hash.ts";
import type { Signer, Verify } from "../../shared/crypto/signer.ts";
import type { OpenConnection } from "./connection.ts";
import type { DevicePort } from "./devicePort.ts";
import type { FetchParams } from "./fetchParams.ts";
import type { ReceiptStore } from "./keptReceipt.ts";
import type { PersonalStore } from "./personalStore.ts";
import type { TrainerPort } from "./trainerPort.ts";

/** Everything a client needs of its platform. */
export interface ClientPorts {
  readonly connect: OpenConnection;
  readonly fetchParams: FetchParams;
  readonly trainer: TrainerPort;
  readonly signer: Signer;
  readonly verify: Verify;
  readonly sha256: Sha256;
  readonly receipts: ReceiptStore;
  /** In memory when absent. */
  readonly personal?: PersonalStore;
  /** Nothing is known about the device when absent. */
  readonly device?: DevicePort;
  readonly clock: Clock;
  /** Uniform over [0, 1): jitter only. */
  readonly random: () => number;
}
