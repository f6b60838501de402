import { type Command, Option } from "commander";
import { runAddress } from "../../client/core/runAddress.ts";
import { caOption, readCaFile } from "../../client/node/caFile.ts";
import { fetchWithCa } from "../../client/node/fetchWithCa.ts";
import { parseUrl } from "../../client/node/joinOptions.ts";
import { DataFormatError } from "../../shared/data/dataFormatError.ts";
import { UsageError } from "../../simulations/experiment/usageError.ts";
import { EXIT_STATUS } from "../verb/exitStatus.ts";
import { wrongUsage } from "../verb/wrongUsage.ts";
import { findToken } from "./findToken.ts";
import { createOperatorClient, type OperatorClient, OperatorRequestError } from "./operatorClient.ts";

/** Makes an inner verb of `runs`; `example` is what may follow its name. */
export type MakeVerb = (name: string, description: string, example: string) => Command;

/** What every inner verb was given. */
interface Where {
  readonly url: string;
  readonly tokenFile?: string;
  readonly data: string;
  readonly ca?: string;
  readonly json?: boolean;
}

type Work<A extends unknown[]> = (client: OperatorClient, ...args: A) => Promise<Told>;

/** What a verb has to say: a value for machines, lines for people. */
export interface Told {
  readonly value: unknown;
  readonly text: string;
  /** For people, beside either. */
  readonly warning?: string | undefined;
}

/** What every inner verb takes. */
export function addWhere(verb: Command): Command {
  const url = new Option("--url <address>", "address of the coordinator").env("HEADWATER_URL").argParser(parseUrl);
  return verb
    .addOption(url.default("http://127.0.0.1:8080/"))
    .addOption(caOption())
    .option("--token-file <file>", "file with the operator's token (default: HEADWATER_OPERATOR_TOKEN, or --data's)")
    .addOption(
      new Option("--data <dir>", "data folder of a coordinator on this machine")
        .env("HEADWATER_DATA")
        .default("./headwater-data"),
    )
    .option("--json", "print one JSON value on stdout");
}

/** An action of commander's: gives the work a client, prints what it tells, and ends as the contract of the command says. */
export function doing<A extends unknown[]>(work: Work<A>) {
  return async (...args: unknown[]): Promise<void> => {
    const verb = args.at(-1) as Command;
    const { url, tokenFile, data, json = false, ...where } = verb.opts<Where>();
    const token = (): Promise<string> => findToken({ tokenFile, dataFolder: data, env: process.env });
    try {
      const fetch = fetchWithCa(await readCaFile(where.ca));
      const client = createOperatorClient({ url: runAddress(url).coordinator, token, fetch });
      const { value, text, warning } = await work(client, ...(args.slice(0, -1) as A));
      process.stdout.write(json ? `${JSON.stringify(value)}\n` : text);
      if (warning !== undefined) process.stderr.write(`headwater: ${warning}\n`);
    } catch (error) {
      if (error instanceof UsageError || error instanceof DataFormatError) wrongUsage(verb, error.message);
      if (!(error instanceof OperatorRequestError)) throw error;
      process.stderr.write(`headwater: ${error.message} (${error.code})\n`);
      process.exitCode = error.code === "MALFORMED" ? EXIT_STATUS.usage : EXIT_STATUS.failed;
    }
  };
}
