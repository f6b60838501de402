import { rootCertificates } from "node:tls";
import { plainText } from "../../shared/base/plainText.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import type { OpenConnection } from "../core/connection.ts";
import { runAddress } from "../core/runAddress.ts";
import { socketConnection } from "../core/socketConnection.ts";
import { fetchWithCa } from "./fetchWithCa.ts";
import { whyNoAnswer } from "./whyNoAnswer.ts";

export interface NodeConnectionOptions {
  /** Address of the run. */
  readonly url: string;
  /** PEM certificates that are trusted beside the well-known authorities. */
  readonly ca?: string | undefined;
}

/** Connections from Node: one that does not open says why, which its socket does not. */
export function nodeConnection({ url, ca }: NodeConnectionOptions): OpenConnection {
  const open = socketConnection({ url, ...(ca && { ca: [...rootCertificates, ca] }) });
  return (handlers) => {
    let isOpen = false;
    let isClosed = false;
    const connection = open({
      ...handlers,
      connected() {
        isOpen = true;
        handlers.connected();
      },
      lost(reason) {
        if (isOpen) handlers.lost(reason);
        else void refusalOf(url, ca).then((why) => isClosed || handlers.lost(why ?? reason));
      },
    });
    return {
      ...connection,
      close() {
        isClosed = true;
        connection.close();
      },
    };
  };
}

/** Why a coordinator does not answer, from a request that can tell. Undefined if it does answer. */
async function refusalOf(url: string, ca: string | undefined): Promise<string | undefined> {
  const { coordinator } = runAddress(url);
  try {
    const response = await fetchWithCa(ca)(new URL("healthz", coordinator), { signal: AbortSignal.timeout(10_000) });
    await response.body?.cancel();
    return undefined;
  } catch (error) {
    return plainText(whyNoAnswer(coordinator, error), LIMITS.maxMessageChars);
  }
}
