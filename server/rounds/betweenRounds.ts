import { ProtocolError } from "../../shared/base/errors.ts";

/** How long a member waits whose answer came while a commit is made, in milliseconds. */
const BETWEEN_ROUNDS_MS = 250;

/** What a member of an asynchronous run hears whose round takes no more answers: the next one goes on with it. */
export function betweenRounds(): ProtocolError {
  const wait = { retryAfterMs: BETWEEN_ROUNDS_MS };
  return new ProtocolError("UNAVAILABLE", "a commit is being made; send the update again in a moment", wait);
}
