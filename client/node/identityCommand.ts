import { copyFile, rename } from "node:fs/promises";
import { Command } from "commander";
import { EXIT_STATUS } from "../../cli/verb/exitStatus.ts";
import { wrongUsage } from "../../cli/verb/wrongUsage.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { toHex } from "../../shared/base/hash.ts";
import { fingerprint } from "../../shared/crypto/identity.ts";
import { DataFormatError } from "../../shared/data/dataFormatError.ts";
import { caOption, readCaFile } from "./caFile.ts";
import { coordinatorOption, OTHER_KEY_HELP, parseCoordinatorKey } from "./coordinatorPin.ts";
import { syncFolderOf } from "./durableFile.ts";
import { besideIdentity, defaultIdentityPath, IdentityFileError, openIdentityFile } from "./identityFile.ts";
import { parseUrl } from "./joinOptions.ts";
import { knownCoordinators, readReceiptFile } from "./receiptFile.ts";
import { rotateKey } from "./rotateKey.ts";
import { signRosterFile } from "./signRosterFile.ts";

interface IdentityOptions {
  readonly identity: string;
  readonly json?: boolean;
}

interface RotateOptions extends IdentityOptions {
  readonly ca?: string;
  readonly coordinator?: readonly string[];
  readonly receipts?: string;
}

/** The verb `identity`: look at a key, and hand its place on to a new one. */
export function identityCommand(): Command {
  const command = new Command("identity")
    .description("a client's or an operator's key: show it, sign with it, or put a new one in its place")
    .addHelpText("after", "\nExample:\n  headwater identity show\n  headwater identity rotate http://127.0.0.1:8080");
  const verb = (name: string, description: string, example: string): Command =>
    command
      .command(name)
      .description(description)
      .option("--identity <file>", "the key's file, made on first use", defaultIdentityPath())
      .option("--json", "print one JSON object")
      .addHelpText("after", `\nExample:\n  headwater identity ${name} ${example}`);

  verb("show", "the public key in a file", "--identity operator.json").action(
    async ({ identity, json }: IdentityOptions, self: Command) => {
      const { signer } = await openIdentityFile(identity).catch(ending(self));
      const publicKey = toHex(signer.publicKey);
      const facts = { publicKey, fingerprint: fingerprint(signer.publicKey), file: identity };
      const text = `  key           ${publicKey}\n  fingerprint   ${facts.fingerprint}\n  file          ${identity}\n`;
      process.stdout.write(json === true ? `${JSON.stringify(facts)}\n` : text);
    },
  );

  const signing =
    "sign a roster for runs whose plan names this key as their operator's; prints what serve --roster takes";
  verb("sign", signing, "roster.json --identity operator.json")
    .argument("<file>", 'roster: { "version": 1, "clients": [{ "publicKey": "...", "label": "..." }] }')
    .action(async (file: string, { identity }: IdentityOptions, self: Command) => {
      const { signer } = await openIdentityFile(identity).catch(ending(self));
      const signed = await signRosterFile(file, signer).catch((error: Error) => wrongUsage(self, error.message));
      process.stdout.write(`${JSON.stringify(signed)}\n`);
    });

  const rotating = "put a new key in the place of the one in a file, in each run named; the same client goes on";
  verb("rotate", rotating, "https://example.org/runs/my-run")
    .argument("<url...>", "addresses of the runs that know the key", (text: string, all: readonly string[] = []) => [
      ...all,
      parseUrl(text),
    ])
    .addOption(
      coordinatorOption().argParser<readonly string[]>((text, all = []) => [...all, parseCoordinatorKey(text)]),
    )
    .option("--receipts <file>", "where `join` keeps receipts (default: beside the identity)")
    .addOption(caOption())
    .action(async (urls: readonly string[], options: RotateOptions, self: Command) => {
      const { identity, json, coordinator: coordinatorKeys } = options;
      const kept = await readReceiptFile(options.receipts ?? besideIdentity(identity, "receipts.jsonl"));
      const pins = { knownCoordinators: knownCoordinators(kept), ...(coordinatorKeys && { coordinatorKeys }) };
      const ca = await readCaFile(options.ca).catch(ending(self));
      const { signer } = await openIdentityFile(identity).catch(ending(self));
      const next = `${identity}.next`; // durable before any run hears of it: a run that took it knows no other
      const { signer: successor } = await openIdentityFile(next).catch(ending(self));
      for (const url of urls) {
        try {
          await rotateKey({ url, signer, successor, ca, ...pins });
        } catch (error) {
          const help = error instanceof ProtocolError && error.code === "BAD_KEY" ? `. ${OTHER_KEY_HELP}` : "";
          process.stderr.write(
            `headwater: ${url}: ${(error as Error).message}${help}; the new key waits in ${next}: run this again, or delete it ` +
              "if no run has taken it\n",
          );
          process.exitCode = EXIT_STATUS.failed;
          return;
        }
      }
      await copyFile(identity, `${identity}.before`); // of use in runs that were not named
      await rename(next, identity);
      await syncFolderOf(identity);
      const keys = { before: toHex(signer.publicKey), publicKey: toHex(successor.publicKey) };
      const text = `  ${identity} holds the new key ${fingerprint(successor.publicKey)}; the old one is in ${identity}.before\n`;
      process.stdout.write(json === true ? `${JSON.stringify({ ...keys, runs: urls })}\n` : text);
    });
  return command;
}

/** A file that the person can mend is wrong usage; any other failure stays what it is. */
function ending(verb: Command): (error: unknown) => never {
  return (error) => {
    if (error instanceof IdentityFileError || error instanceof DataFormatError) wrongUsage(verb, error.message);
    throw error;
  };
}
