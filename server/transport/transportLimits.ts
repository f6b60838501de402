import type { ReaderLimits } from "./readerWatch.ts";

export interface TransportLimits extends ReaderLimits {
  readonly maxConnections: number;
  /**
   * Connections that have not joined a run yet, counted only while the process is late: more are turned away at the door,
   * so that those inside get through. Let all in at once, and each waits for all, until they give up and come again.
   */
  readonly maxNewcomers: number;
  /** Connections open at once from one address; a whole school may stand behind one. */
  readonly maxConnectionsPerAddress: number;
  /** New connections from one address: at once, and per second in the long run. */
  readonly connectBurst: number;
  readonly connectsPerSecond: number;
  /** Messages of one connection: at once, and per second in the long run (200 chunks are 25 MiB). */
  readonly messageBurst: number;
  readonly messagesPerSecond: number;
  /** Messages of all connections that wait for their answer (a check, the disk); more are asked to come back later. */
  readonly maxPendingMessages: number;
}

export const DEFAULT_TRANSPORT_LIMITS: TransportLimits = {
  maxConnections: 10_000,
  maxNewcomers: 512,
  maxConnectionsPerAddress: 1024,
  connectBurst: 512,
  connectsPerSecond: 64,
  messageBurst: 400,
  messagesPerSecond: 200,
  maxPendingMessages: 1000,
  maxUnreadBytes: 2 * 1024 * 1024,
  maxUnreadPackets: 64,
  maxTotalUnreadBytes: 256 * 1024 * 1024,
  stalledMs: 8000,
};
