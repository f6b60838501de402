import { ProtocolError } from "../../shared/base/errors.ts";
import { toHex } from "../../shared/base/hash.ts";
import type { Signer } from "../../shared/crypto/signer.ts";
import { parseAck } from "../../shared/protocol/ack.ts";
import { type Challenge, parseChallenge } from "../../shared/protocol/challenge.ts";
import { createHello } from "../../shared/protocol/checkHello.ts";
import { createRotate } from "../../shared/protocol/rotation.ts";
import { parseWelcome, type Welcome } from "../../shared/protocol/welcome.ts";
import type { Connection } from "../core/connection.ts";
import { isPinnedKey } from "../core/sessionLink.ts";
import { nodeConnection } from "./nodeConnection.ts";

export interface RotateKeyOptions {
  /** Address of the run. */
  readonly url: string;
  /** The key that is given up, and the one that takes its place. */
  readonly signer: Signer;
  readonly successor: Signer;
  /** Others than these are refused: keys in hex, or at least their first 16 digits. */
  readonly coordinatorKeys?: readonly string[];
  /** Where none are named: the keys of coordinators that are known, by the id of their run. */
  readonly knownCoordinators?: Readonly<Record<string, string>>;
  /** PEM certificates that are trusted beside the well-known authorities. */
  readonly ca?: string | undefined;
}

/** Takes no part: a hello has to say some number of examples. */
const ABOUT = { numExamples: 1, software: "headwater identity" } as const;

/**
 * Hands a key's place in a run to its successor; durable at the coordinator once this resolves. May be repeated: a
 * successor that is in place already is what was asked for.
 * @throws ProtocolError if the run refuses either key, Error if it cannot be reached.
 */
export async function rotateKey(options: RotateKeyOptions): Promise<void> {
  const { signer, successor } = options;
  const old = await enter(options, signer).catch((error: unknown) => {
    if (error instanceof ProtocolError && error.code === "KEY_REVOKED") return error;
    throw error;
  });
  if (old instanceof ProtocolError) {
    // Perhaps by a rotation whose answer was lost; if not, the successor is a stranger too.
    const entered = await enter(options, successor).catch(() => {
      throw old;
    });
    if ((entered.welcome.keyEpoch ?? 0) === 0) throw old;
    entered.connection.close();
    return;
  }
  const { connection, challenge, welcome } = old;
  try {
    const { runId } = challenge;
    const keyEpoch = (welcome.keyEpoch ?? 0) + 1;
    const rotate = await createRotate({ runId, coordinatorKey: challenge.coordinatorKey, keyEpoch }, signer, successor);
    assertOk(parseAck(await connection.call("rotate", rotate)));
  } finally {
    connection.close();
  }
}

interface Entered {
  readonly connection: Connection;
  readonly challenge: Challenge;
  readonly welcome: Welcome;
}

/** Connects and proves a key, up to the welcome. @throws ProtocolError if the key is refused. */
function enter(options: RotateKeyOptions, signer: Signer): Promise<Entered> {
  const { url, ca } = options;
  return new Promise((resolve, reject) => {
    let challenge: Challenge | undefined;
    const fail = (error: unknown): void => {
      connection.close();
      reject(error);
    };
    const greet = async (payload: unknown): Promise<void> => {
      if (challenge !== undefined) return; // after a refusal comes another one
      challenge = parseChallenge(payload);
      assertExpected(challenge, options);
      assertOk(parseAck(await connection.call("hello", await createHello(challenge, signer, ABOUT))));
    };
    const connection = nodeConnection({ url, ca })({
      connected() {},
      message(name, payload) {
        if (name === "challenge") greet(payload).catch(fail);
        if (name === "reject") fail(new Error(`the coordinator refused: ${JSON.stringify(payload).slice(0, 200)}`));
        if (name !== "welcome" || challenge === undefined) return;
        try {
          resolve({ connection, challenge, welcome: parseWelcome(payload) });
        } catch (error) {
          fail(error);
        }
      },
      lost: (reason) => fail(new Error(reason)),
    });
  });
}

function assertExpected({ runId, coordinatorKey }: Challenge, options: RotateKeyOptions): void {
  const shown = toHex(coordinatorKey);
  const known = options.knownCoordinators?.[runId];
  const expected = options.coordinatorKeys ?? (known === undefined ? undefined : [known]);
  if (expected === undefined || expected.some((key) => isPinnedKey(shown, key))) return;
  throw new ProtocolError("BAD_KEY", `coordinator key expected ${expected.join(" or ")}, got ${shown}`);
}

function assertOk(ack: ReturnType<typeof parseAck>): void {
  if (!ack.ok) throw new ProtocolError(ack.code, ack.message);
}
