import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../simulations/experiment/usageError.ts";

export interface TokenSources {
  readonly tokenFile?: string | undefined;
  /** Of a coordinator on this machine. */
  readonly dataFolder: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The operator's token: from --token-file, HEADWATER_OPERATOR_TOKEN, or the data folder. @throws UsageError. */
export async function findToken({ tokenFile, dataFolder, env }: TokenSources): Promise<string> {
  if (tokenFile !== undefined) return readToken(tokenFile, `--token-file ${tokenFile}`);
  const { HEADWATER_OPERATOR_TOKEN } = env;
  if (HEADWATER_OPERATOR_TOKEN) return HEADWATER_OPERATOR_TOKEN.trim();
  const path = join(dataFolder, "secrets", "operator.token");
  return readToken(
    path,
    `no operator token: ${path} is the default; give --token-file FILE, --data DIR or HEADWATER_OPERATOR_TOKEN. It`,
  );
}

async function readToken(path: string, what: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    throw new UsageError(`${what} cannot be read: ${(error as Error).message}`);
  }
}
