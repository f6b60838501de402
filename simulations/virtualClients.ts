import { joinedSession, step } from "../client/core/session.ts";
import type { SessionEffect } from "../client/core/sessionEffect.ts";
import type { SessionEvent } from "../client/core/sessionEvent.ts";
import type { AgreedRun, SessionState } from "../client/core/sessionState.ts";
import type { RoundEvent } from "../server/rounds/roundState.ts";
import { type Device, type DevicePlan, drawDevice } from "./device.ts";
import type { Happening } from "./happening.ts";
import type { Handed } from "./pool/handed.ts";
import type { TrainingPool } from "./pool/trainingPool.ts";
import type { Stragglers } from "./stragglers.ts";
import type { VirtualClock } from "./virtualClock.ts";
import { virtualHeaderHash } from "./virtualTicket.ts";

export interface VirtualClientsOptions {
  readonly run: AgreedRun;
  readonly devices: DevicePlan;
  readonly clock: VirtualClock<Happening>;
  readonly pool: TrainingPool;
  /** Examples that a client trains on. */
  readonly numExamples: (client: number) => number;
  /** Bytes of params and handouts on their way down, and of an update's payload with its parts on its way up. */
  readonly paramsBytes: number;
  readonly payloadBytes: number;
  /** What a ticket's offer handed out; undefined once nobody waits for its answer. */
  readonly handedWith: (ticket: string) => Handed | undefined;
  readonly stragglers: Stragglers;
  /** Takes what clients answer to their offers. */
  readonly tellCoordinator: (event: RoundEvent) => void;
}

export interface VirtualClients {
  /** Hands an event to a client's session and performs what the session asks for. */
  deliver(client: number, event: SessionEvent): void;
  /** Whether the client still waits for the answer to this upload. */
  isUploading(client: number, upload: number): boolean;
  /** Clients whose update arrived so far, ascending. */
  participants(): number[];
  /** Payload bytes so far. */
  traffic(): { readonly uplinkBytes: number; readonly downlinkBytes: number };
}

/**
 * The population: the production session of each client, performed in virtual time. A session is made when its client
 * is first selected, so clients that never take part cost nothing. Downloads, training and uploads take as long as the
 * client's device needs; the training itself is left to the pool and its result asked for when the upload arrives.
 * What stays with a client moves on with the receipt, or with the commit where the server's state moves with it: an update that
 * nobody received leaves its client as it was.
 */
export function createVirtualClients(options: VirtualClientsOptions): VirtualClients {
  const { run, clock, pool, paramsBytes, payloadBytes } = options;
  const sessions = new Map<number, SessionState>();
  const devices = new Map<number, Device>();
  const participants = new Set<number>();
  const traffic = { uplinkBytes: 0, downlinkBytes: 0 };

  function deviceOf(client: number): Device {
    let device = devices.get(client);
    if (device === undefined) {
      device = drawDevice(options.devices, client);
      devices.set(client, device);
    }
    return device;
  }

  function later(delayMs: number, client: number, event: SessionEvent): void {
    clock.schedule(delayMs, client, { kind: "client", event });
  }

  function deliver(client: number, event: SessionEvent): void {
    const { state, effects } = step(sessions.get(client) ?? joinedSession(run), event);
    sessions.set(client, state);
    for (const effect of effects) perform(client, effect);
  }

  function perform(client: number, effect: SessionEffect): void {
    switch (effect.type) {
      case "send-accept":
        options.tellCoordinator({ type: "accepted", clientId: String(client), ticket: effect.ticket });
        return;
      case "send-decline":
        options.tellCoordinator({ type: "declined", clientId: String(client), ticket: effect.ticket });
        return;
      case "fetch-params": {
        const { ticket, paramsHash } = effect;
        traffic.downlinkBytes += paramsBytes;
        const delayMs = (1000 * paramsBytes) / deviceOf(client).downlinkBytesPerSecond;
        later(delayMs, client, { type: "params-fetched", ticket, paramsHash });
        return;
      }
      case "train": {
        const { ticket, round } = effect.offer;
        const device = deviceOf(client);
        const managed = options.stragglers.epochsOf(round, client);
        const handed = options.handedWith(ticket);
        if (managed === "none" || handed === undefined) return; // it goes on for longer than anybody waits
        const epochs = managed === "all" ? undefined : managed;
        const trainMs = (1000 * options.numExamples(client) * (epochs ?? run.epochs)) / device.examplesPerSecond;
        const uploadMs = (1000 * payloadBytes) / device.uplinkBytesPerSecond;
        pool.submit({ ticket, client, round, handed, epochs, dueMs: clock.nowMs() + trainMs + uploadMs });
        later(trainMs, client, { type: "trained", ticket });
        return;
      }
      case "seal-update": {
        const { ticket } = effect.offer;
        deliver(client, { type: "update-sealed", ticket, headerHash: virtualHeaderHash(ticket), payloadBytes });
        return;
      }
      case "send-submit": {
        const { ticket, upload } = effect;
        traffic.uplinkBytes += payloadBytes;
        const delayMs = (1000 * payloadBytes) / deviceOf(client).uplinkBytesPerSecond;
        clock.schedule(delayMs, client, { kind: "uploaded", ticket, upload });
        return;
      }
      case "cancel-training":
      case "forget-work":
        pool.cancel(effect.ticket);
        return;
      case "keep-receipt":
        participants.add(client);
        pool.keep(effect.ticket);
        return;
      case "report":
      case "stop-timer": // no timer is ever started, see below
        return;
      default:
        // Nothing connects, chunks or retries inside one process.
        throw new TypeError(`a virtual client has no use for "${effect.type}"`);
    }
  }

  return {
    deliver,
    isUploading(client, upload) {
      const assignment = sessions.get(client)?.assignment;
      return assignment?.stage === "submitting" && assignment.upload === upload;
    },
    participants: () => [...participants].sort((a, b) => a - b),
    traffic: () => ({ ...traffic }),
  };
}
