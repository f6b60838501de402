import type { ClientEvent } from "../../client/core/clientEvent.ts";
import type { ClientPorts } from "../../client/core/clientPorts.ts";
import { type ClientOptions, type ClientRunner, runClient } from "../../client/core/clientRunner.ts";
import { httpParams } from "../../client/core/fetchParams.ts";
import { memoryReceipts } from "../../client/core/keptReceipt.ts";
import { socketConnection } from "../../client/core/socketConnection.ts";
import { systemClock } from "../../client/core/systemClock.ts";
import { createNodeSigner, nodeVerify } from "../../server/crypto/nodeEd25519.ts";
import { nodeSha256 } from "../../server/store/nodeSha256.ts";
import { seedOf } from "./rawClient.ts";

export interface ScriptedClientOptions extends Partial<Omit<ClientOptions, "ports">> {
  readonly url: string;
  readonly name: string;
  readonly numParams: number;
  /** Every element of every delta. */
  readonly delta: number;
  readonly ports?: Partial<ClientPorts>;
}

export interface ScriptedClient {
  readonly client: ClientRunner;
  readonly events: readonly ClientEvent[];
  readonly receipts: ReturnType<typeof memoryReceipts>["receipts"];
  /** Resolves with the first event, past or to come, of which this holds. */
  until(holds: (event: ClientEvent) => boolean): Promise<ClientEvent>;
  leave(): Promise<void>;
}

/** A client as it is but for its training, which gives the same delta at once, and its jitter, which is none. */
export function startScriptedClient(options: ScriptedClientOptions): ScriptedClient {
  const { url, name, numParams, delta, ports, ...rest } = options;
  const receipts = memoryReceipts();
  const events: ClientEvent[] = [];
  const waiting = new Set<(event: ClientEvent) => void>();
  const client = runClient({
    numExamples: 10,
    software: "scripted",
    ...rest,
    ports: {
      connect: socketConnection({ url }),
      fetchParams: httpParams(url),
      trainer: {
        prepare: async () => ({ numParams, inputShape: [4], outputSize: 2, name: "scripted" }),
        train: async () => ({
          ...{ delta: new Float32Array(numParams).fill(delta), numExamples: 10, numSteps: 1, trainLoss: 1 },
          ...{ parts: new Map(), metrics: { trainLoss: 1 } },
        }),
        close() {},
      },
      signer: createNodeSigner(seedOf(name)),
      verify: nodeVerify,
      sha256: nodeSha256,
      receipts,
      clock: systemClock,
      random: () => 0,
      ...ports,
    },
    onEvent(event) {
      events.push(event);
      for (const tell of waiting) tell(event);
    },
  });
  return {
    client,
    events,
    receipts: receipts.receipts,
    until(holds) {
      const past = events.find(holds);
      if (past !== undefined) return Promise.resolve(past);
      return new Promise((resolve) => {
        const tell = (event: ClientEvent): void => {
          if (!holds(event)) return;
          waiting.delete(tell);
          resolve(event);
        };
        waiting.add(tell);
      });
    },
    async leave() {
      client.leave();
      await client.done;
    },
  };
}
