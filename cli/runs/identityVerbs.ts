import { InvalidArgumentError, Option } from "commander";
import { runAddress } from "../../client/core/runAddress.ts";
import { openIdentityFile } from "../../client/node/identityFile.ts";
import { signRosterFile } from "../../client/node/signRosterFile.ts";
import { isLoopbackName } from "../../server/transport/originPolicy.ts";
import { parseInvitations, parseRunIdentity, type RunIdentityFacts } from "../../shared/protocol/identityRequests.ts";
import { parseRunStatus } from "../../shared/protocol/runStatus.ts";
import { UsageError } from "../../simulations/experiment/usageError.ts";
import { wholeNumber } from "../verb/wholeNumber.ts";
import { doing, type MakeVerb } from "./operatorVerb.ts";

/** Who may take part: `runs invite`, `clients`, `roster` and `revoke`. */
export function addIdentityVerbs(verb: MakeVerb): void {
  const invited = "my-run --count 10 --expires 7d";
  verb("invite", 'issue one-time invitations to a run by invitation (plan: identity "token")', invited)
    .argument("<run>", "name or id")
    .option("--count <n>", "how many, each for one client", wholeNumber(1, 1000), 1)
    .addOption(
      new Option("--expires <time>", "how long they are good: 30m, 12h, 7d")
        .argParser(parseDuration)
        .default(7 * DAY_MS, "7d"),
    )
    .action(
      doing(async (client, run: string, { count, expires }: { readonly count: number; readonly expires: number }) => {
        const path = `runs/${encodeURIComponent(run)}`;
        const { run: facts } = parseRunStatus(await client.get(`${path}/status`));
        const request = { count, expiresInMs: expires };
        const issued = parseInvitations(await client.send("POST", `${path}/invitations`, request));
        const { invitations, publicUrl = client.url.href } = issued;
        const { coordinator } = runAddress(publicUrl);
        const link = (invitation: string): string =>
          `${coordinator.href}runs/${encodeURIComponent(facts.name)}#invitation=${invitation}`;
        const links = invitations.map(({ invitation, expiresAtMs }) => ({
          invitation,
          link: link(invitation),
          expires: new Date(expiresAtMs).toISOString(),
        }));
        const until = links[0]?.expires ?? "";
        const text = `  each lets one client in, once, until ${until}; they are shown only now\n${links
          .map((each) => `  ${each.link}\n`)
          .join("")}`;
        return { value: links, text, warning: warningOf(coordinator) };
      }),
    );
  verb("clients", "who may take part in a run, and who is connected", "my-run")
    .argument("<run>", "name or id")
    .action(
      doing(async (client, run: string) =>
        tellIdentity(await client.send("GET", `runs/${encodeURIComponent(run)}/identity`)),
      ),
    );
  const signed = "my-run roster.json --key operator.json";
  verb("roster", 'sign a list of keys, and put it in the place of the one before (plan: identity "enrolled")', signed)
    .argument("<run>", "name or id")
    .argument("<file>", 'roster: { "version": 1, "clients": [{ "publicKey": "...", "label": "..." }] }')
    .requiredOption("--key <file>", "the operator's key, as `headwater identity show --identity FILE` makes it")
    .action(
      doing(async (client, run: string, file: string, { key }: { readonly key: string }) => {
        const { signer } = await openIdentityFile(key).catch(asUsage);
        const signed = await signRosterFile(file, signer).catch(asUsage);
        return tellIdentity(await client.send("PUT", `runs/${encodeURIComponent(run)}/roster`, signed));
      }),
    );
  verb("revoke", "shut a client's key out for good", 'my-run 3f9a01c2 --reason "lost phone" --yes')
    .argument("<run>", "name or id")
    .argument("<client>", "its public key, or the first 8 or more of its 64 hex digits")
    .option("--reason <text>", "why, for the journal")
    .option("--yes", "needed, for nothing takes it back")
    .action(
      doing(async (client, run: string, key: string, options: { readonly reason?: string; readonly yes?: boolean }) => {
        if (options.yes !== true) throw new UsageError(`a revoked key never comes back; add --yes to revoke ${key}`);
        const path = `runs/${encodeURIComponent(run)}/clients/${encodeURIComponent(key)}/revoke`;
        const { reason } = options;
        return tellIdentity(await client.send("POST", path, reason === undefined ? {} : { reason }));
      }),
    );
}

function warningOf({ hostname }: URL): string | undefined {
  if (!isLoopbackName(hostname)) return undefined;
  return (
    `${hostname} in these links is each device itself: put an address there that others reach, and name it ` +
    "to the coordinator with --public-url, or here with --url, before you invite again"
  );
}

const DAY_MS = 24 * 60 * 60 * 1000;
const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 60 * 60_000, d: DAY_MS };

/** "7d" in milliseconds. @throws InvalidArgumentError. */
function parseDuration(text: string): number {
  const [, amount, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(amount) * (UNITS[unit] ?? Number.NaN);
  if (ms >= 1000 && ms <= 366 * DAY_MS) return ms;
  throw new InvalidArgumentError(`expected a time such as 30m, 12h or 7d, up to 366d, got ${text}`);
}

/** A file that the person can mend. */
function asUsage(error: Error): never {
  throw new UsageError(error.message);
}

function tellIdentity(answer: unknown): { readonly value: RunIdentityFacts; readonly text: string } {
  const facts = parseRunIdentity(answer);
  const { mode, invitations, enrolled, revoked, roster, connected } = facts;
  const lines = [`  identity      ${mode}`];
  if (mode === "token") {
    const { issued, used, expired } = invitations;
    lines.push(`  invitations   ${issued} issued, ${used} used, ${expired} expired`);
  }
  if (mode === "enrolled") {
    lines.push(`  roster        ${roster === null ? "none" : `version ${roster.version}, ${roster.numClients} keys`}`);
  }
  for (const [word, keys] of Object.entries({ enrolled, revoked, connected })) {
    lines.push(`  ${word.padEnd(13)} ${keys.length}`, ...keys.map((key) => `    ${key}`));
  }
  return { value: facts, text: `${lines.join("\n")}\n` };
}
