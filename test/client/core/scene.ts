import type { ClientEvent } from "../../../client/core/clientEvent.ts";
import type { ClientPorts } from "../../../client/core/clientPorts.ts";
import { runClient } from "../../../client/core/clientRunner.ts";
import { memoryReceipts } from "../../../client/core/keptReceipt.ts";
import type { SessionOptions } from "../../../client/core/sessionState.ts";
import type { TrainedUpdate, TrainerPort } from "../../../client/core/trainerPort.ts";
import { createWitness } from "../../../client/core/witness.ts";
import { toHex } from "../../../shared/base/hash.ts";
import { nobleSha256 } from "../../../shared/base/nobleSha256.ts";
import { createRng } from "../../../shared/base/rng.ts";
import { createNaclSigner, naclVerify } from "../../../shared/crypto/naclEd25519.ts";
import { type fakeCoordinator, NUM_PARAMS, PARAMS } from "./fakeCoordinator.ts";
import { drain, virtualClock } from "./virtualClock.ts";

export function trained(): TrainedUpdate {
  const delta = new Float32Array(NUM_PARAMS).fill(0.5);
  return { delta, parts: new Map(), metrics: { trainLoss: 1.5 }, numExamples: 12, numSteps: 2, trainLoss: 1.5 };
}

/** Trains nothing: a delta from the seed, so that a second training would show only in the count. */
export function fakeTrainer() {
  const trainings: string[] = [];
  const trainer: TrainerPort = {
    prepare: async () => ({ numParams: NUM_PARAMS, inputShape: [784], outputSize: 10, name: "fake" }),
    async train({ seed }) {
      trainings.push(seed);
      return trained();
    },
    close() {},
  };
  return { trainer, trainings };
}

interface Scene {
  readonly coordinator: ReturnType<typeof fakeCoordinator>;
  readonly ports?: Partial<ClientPorts>;
  readonly session?: Partial<SessionOptions>;
  /** Whether the coordinator is held to what it signs. */
  readonly isWitnessed?: boolean;
  /** Ends the scene when it returns true; 200 timers at most. */
  readonly until: (events: readonly ClientEvent[]) => boolean;
}

/** Plays a client against a coordinator, in a time of its own. */
export async function play({ coordinator, ports, session, isWitnessed = false, until }: Scene) {
  const clock = virtualClock();
  const receipts = memoryReceipts();
  const { trainer, trainings } = fakeTrainer();
  const events: ClientEvent[] = [];
  const rng = createRng("jitter");
  const signer = createNaclSigner(new Uint8Array(32).fill(1));
  const witness = createWitness({
    receipts: ports?.receipts ?? receipts,
    clientKey: toHex(signer.publicKey),
    sha256: nobleSha256,
    warn: (message) => events.push({ kind: "warning", message }),
  });
  const client = runClient({
    ports: {
      connect: coordinator.connect,
      fetchParams: async () => PARAMS,
      trainer,
      signer,
      verify: naclVerify,
      sha256: nobleSha256,
      receipts,
      clock,
      random: () => rng.nextFloat(),
      ...ports,
    },
    session: { chunkBytes: 10_000, windowChunks: 2, ...session },
    numExamples: 12,
    software: "test",
    onEvent(event) {
      events.push(event);
      if (isWitnessed) void witness.hear(event);
    },
  });
  for (let turns = 0; turns < 200; turns++) {
    await drain();
    if (until(events) || client.state.link.at === "ended") break;
    clock.advance();
  }
  return { client, clock, receipts: receipts.receipts, trainings, events };
}

export const kept = (events: readonly ClientEvent[]): boolean => events.some(({ kind }) => kind === "kept");
