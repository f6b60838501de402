import { rootCertificates } from "node:tls";
import { ProtocolError } from "../../shared/base/errors.ts";
import { toHex } from "../../shared/base/hash.ts";
import type { Signer } from "../../shared/crypto/signer.ts";
import { parseAck } from "../../shared/protocol/ack.ts";
import { type Challenge, parseChallenge } from "../../shared/protocol/challenge.ts";
import { createHello } from "../../shared/protocol/checkHello.ts";
import { createRotate } from "../../shared/protocol/rotation.ts";
import { parseWelcome, type Welcome } from "../../shared/protocol/welcome.ts";
import type { Connection } from "../core/connection.ts";
import { socketConnection } from "../core/socketConnection.ts";

export interface RotateKeyOptions {
  /** Address of the run. */
  readonly url: string;
  /** The key that is given up, and the one that takes its place. */
  readonly signer: Signer;
  readonly successor: Signer;
  /** Another coordinator key than this one (64 hex digits) is refused. */
  readonly coordinatorKey?: string;
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
function enter({ url, coordinatorKey, ca }: RotateKeyOptions, signer: Signer): Promise<Entered> {
  return new Promise((resolve, reject) => {
    let challenge: Challenge | undefined;
    const fail = (error: unknown): void => {
      connection.close();
      reject(error);
    };
    const greet = async (payload: unknown): Promise<void> => {
      if (challenge !== undefined) return; // after a refusal comes another one
      challenge = parseChallenge(payload);
      const shown = toHex(challenge.coordinatorKey);
      if (coordinatorKey !== undefined && coordinatorKey !== shown) {
        throw new ProtocolError("BAD_KEY", `coordinator key expected ${coordinatorKey}, got ${shown}`);
      }
      assertOk(parseAck(await connection.call("hello", await createHello(challenge, signer, ABOUT))));
    };
    const connection = socketConnection({ url, ...(ca && { ca: [...rootCertificates, ca] }) })({
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

function assertOk(ack: ReturnType<typeof parseAck>): void {
  if (!ack.ok) throw new ProtocolError(ack.code, ack.message);
}
