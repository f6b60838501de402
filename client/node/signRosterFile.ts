import { readFile } from "node:fs/promises";
import type { Signer } from "../../shared/crypto/signer.ts";
import { parseRoster, type Roster, signRoster } from "../../shared/protocol/roster.ts";
import { toBase64 } from "../core/keptReceipt.ts";

/** A roster as it is sent to a coordinator, or given to it at its start. */
export interface SignedRosterDocument {
  readonly roster: Roster;
  /** Base64. */
  readonly signature: string;
}

/**
 * Signs the roster in a file. `format` and `runId` may be left out: it is then for any run whose plan names the signer.
 * @throws TypeError that names the file and what is wrong with it.
 */
export async function signRosterFile(path: string, signer: Signer): Promise<SignedRosterDocument> {
  let roster: Roster;
  try {
    const json = JSON.parse(await readFile(path, "utf8")) as object;
    roster = parseRoster({ format: "headwater-roster/1", runId: null, ...json });
  } catch (error) {
    throw new TypeError(`${path}: ${(error as Error).message}`, { cause: error });
  }
  const { signature } = await signRoster(roster, signer);
  return { roster, signature: toBase64(signature) };
}
