import { InvalidArgumentError, Option } from "commander";

/** `--coordinator`, for verbs that show a client's key to a coordinator. */
export function coordinatorOption(): Option {
  const text =
    "its key, or the 16 digits that it prints: another is refused (default: the one of your last receipt of the run)";
  return new Option("--coordinator <key>", text);
}

/** A key in hex, or its beginning as people compare it, in groups or not. @throws InvalidArgumentError. */
export function parseCoordinatorKey(text: string): string {
  const digits = text.replace(/\s/g, "").toLowerCase();
  if (/^([0-9a-f]{16}|[0-9a-f]{64})$/.test(digits)) return digits;
  throw new InvalidArgumentError(
    `expected the coordinator's key, 64 hex digits, or the first 16 of them, which it prints at its start; got ${JSON.stringify(text)}`,
  );
}

/** For whoever was shown another key than was expected: what it may be, and the way out. */
export const OTHER_KEY_HELP =
  "Expected is the key that --coordinator names or, without it, the one that this client was shown before. Somebody may stand " +
  "between you and the coordinator: ask who runs it for its key, and only if that is the one that came, give it as --coordinator";
