import { setImmediate as nextTurn } from "node:timers/promises";
import { expect } from "vitest";
import WebSocket from "ws";
import { createRng, type Rng } from "../../shared/base/rng.ts";
import { joinRawClient, type RawClient } from "../support/rawClient.ts";
import { startTestCoordinator, type TestCoordinator } from "../support/testCoordinator.ts";
import { hostileFrames } from "./hostileFrames.ts";

export interface FramesOptions {
  readonly seed: number;
  readonly frames: number;
}

export interface FramesResult {
  readonly frames: number;
  readonly connections: number;
  /** Connections that the coordinator ended for what they sent. */
  readonly ended: number;
}

/** Connections that send at once. */
const WIDTH = 16;
/** What one connection may say before it leaves by itself. */
const MAX_SAID = 60;

interface Hostile {
  readonly socket: WebSocket;
  readonly leave: () => void;
}

/** A stranger, connected to the namespace or not; every third has joined the run under a key of its own. */
async function connectHostile({ url }: TestCoordinator, rng: Rng, number: number): Promise<Hostile> {
  if (number % 3 === 0) {
    const client = await joinRawClient(url, `hostile-${number}`);
    const { transport } = client.socket.io.engine as unknown as { transport: { ws: WebSocket } };
    return { socket: transport.ws, leave: client.close };
  }
  const socket = new WebSocket(`${url}/socket.io/?EIO=4&transport=websocket`);
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("open", resolve));
  if (rng.nextBelow(8) > 0) socket.send("40");
  return { socket, leave: () => socket.terminate() };
}

/**
 * Sends frames of the grammar, mutated ones among them, over many connections to a coordinator in this process: nothing
 * escapes as an exception, an open round does not notice, and honest members then finish it.
 */
export async function runFramesDrill({ seed, frames }: FramesOptions): Promise<FramesResult> {
  const rng = createRng(seed, "frames");
  const escaped: unknown[] = [];
  const note = (error: unknown): void => void escaped.push(error);
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
  const limits = { connectBurst: 1_000_000 };
  const coordinator = await startTestCoordinator({
    ...{ limits, plan: { cohort: { size: 2, quorum: 2 }, deadlineMs: 86_400_000 } },
  });
  const honest: RawClient[] = [];
  const result = { frames: 0, connections: 0, ended: 0 };
  try {
    for (const name of ["a", "b"]) honest.push(await joinRawClient(coordinator.url, name));
    const offers = await Promise.all(honest.map((client) => client.offer()));

    const attack = async (): Promise<void> => {
      while (result.frames < frames) {
        const { socket, leave } = await connectHostile(coordinator, rng, result.connections++);
        for (let said = 0; said < MAX_SAID && result.frames < frames && socket.readyState === socket.OPEN; said++) {
          for (const frame of hostileFrames(rng)) {
            if (socket.readyState !== socket.OPEN) break;
            socket.send(frame);
            result.frames++;
          }
          await nextTurn(); // the coordinator's, in this process: what follows its end of the connection would be lost
        }
        await nextTurn();
        if (socket.readyState !== socket.OPEN) result.ended++;
        leave();
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, attack));

    expect(escaped, `seed ${seed}`).toEqual([]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(coordinator.status().live).toMatchObject({ round: 0, attempt: 0, version: 0 });
    for (const [i, client] of honest.entries()) {
      expect(await client.send(await client.update(offers[i] as never))).toMatchObject({ ok: true, receipt: {} });
    }
    await honest[0]?.next("commit");
    expect(coordinator.status().live.version).toBe(1);
  } finally {
    for (const client of honest) client.close();
    await coordinator.close();
    process.off("unhandledRejection", note);
    process.off("uncaughtException", note);
  }
  return result;
}
