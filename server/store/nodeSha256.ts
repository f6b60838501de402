import { createHash } from "node:crypto";
import type { Sha256 } from "../../shared/base/hash.ts";

/** SHA-256 by OpenSSL. */
export const nodeSha256: Sha256 = (bytes) => createHash("sha256").update(bytes).digest();
