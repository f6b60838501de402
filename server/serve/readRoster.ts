import { readFile } from "node:fs/promises";
import { parseSignedRoster } from "../../shared/protocol/identityRequests.ts";
import { parseRoster, type SignedRoster } from "../../shared/protocol/roster.ts";
import { fromBase64 } from "../store/base64.ts";

/** A signed roster in a file, as `headwater identity sign` writes it. @throws TypeError that names the file. */
export async function readRoster(path: string): Promise<SignedRoster> {
  try {
    const { roster, signature } = parseSignedRoster(JSON.parse(await readFile(path, "utf8")));
    return { roster: parseRoster(roster), signature: fromBase64(signature) };
  } catch (error) {
    throw new TypeError(`${path}: ${(error as Error).message}; sign one with \`headwater identity sign\``, {
      cause: error,
    });
  }
}
