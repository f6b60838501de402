import type { Sha256 } from "../../shared/base/hash.ts";
import type { Verify } from "../../shared/crypto/signer.ts";
import type { Problems } from "./problems.ts";

/** What every check of a replay uses. */
export interface VerifyPorts {
  readonly problems: Problems;
  readonly sha256: Sha256;
  readonly verify: Verify;
}
