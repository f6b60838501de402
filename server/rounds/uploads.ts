import type { Clock } from "../../shared/base/clock.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { VerifiedHeader } from "../../shared/protocol/checkUpdate.ts";
import { LIMITS } from "../../shared/protocol/limits.ts";
import type { Submit } from "../../shared/protocol/submit.ts";
import type { Assignment } from "./assignments.ts";
import { createUploadMemory, type Room, type UploadMemory } from "./uploadMemory.ts";

/** A payload on its way: its header is verified, its bytes are coming in. */
export interface Upload {
  readonly assignment: Assignment;
  readonly submit: Submit;
  readonly verified: VerifiedHeader;
  /** Bytes received, from the start without gaps. */
  readonly received: number;
}

export interface UploadsOptions {
  readonly clock: Clock;
  /** An upload to which no bytes come is forgotten after this. */
  readonly idleMs: number;
  /** However slowly it goes on, an upload is forgotten after this; never when absent. */
  readonly lifeMs?: number;
  /** Of its own when absent. */
  readonly memory?: UploadMemory;
  /** Bytes that clients send at once; the most that the protocol allows when absent. */
  readonly chunkBytes?: number;
}

/**
 * Payloads being assembled from chunks, one per ticket. They belong to the ticket, not to the connection: a client that
 * reconnects goes on where it was. Memory is taken only for members of a cohort, after their signature was checked, and for
 * the whole payload at once: uploads that shared it byte by byte could all come to a stop half done.
 *
 * Where it is short, those give way that come too slowly to be whole in time. Each ticket begins with a turn, the time that
 * a first chunk may take, and each byte buys its share of the time in which the whole is due. One whose time is used up loses
 * its memory to any that is a turn ahead of it: to all that had no turn yet, and, among those that begin again, each as far
 * behind as it was, to those that have sent more for the time that they held memory. So uploads that come fast enough lose
 * none, those that begin again leave each other time for a chunk, and headers without bytes buy nothing.
 */
export interface Uploads {
  /**
   * Opens an upload, or finds the one that this very header opened, which is no progress; another header for the ticket
   * replaces it. Returns the offset to go on from.
   * @throws ProtocolError RATE_LIMITED if the memory for uploads is taken.
   */
  begin(assignment: Assignment, submit: Submit, verified: VerifiedHeader): number;
  /**
   * Adds the next bytes. Returns the whole payload once it is complete: it then is the caller's, who must `settle` it.
   * @throws ProtocolError UPLOAD_OUT_OF_ORDER unless the chunk begins where the last one ended, or none is open;
   * TOO_LARGE if it goes beyond the payload.
   */
  write(ticket: string, offset: number, bytes: Uint8Array): { readonly upload: Upload; readonly payload?: Uint8Array };
  has(ticket: string): boolean;
  /** The payload of a complete upload is checked and stored, or refused: its memory is free again. */
  settle(upload: Upload): void;
  /**
   * A complete upload is to come again so soon: it is open as before, but for its last byte, which brings it here again. The
   * time since its bytes came goes on counting. One that would be forgotten by then, or was meanwhile, is settled.
   */
  reopen(upload: Upload, inMs: number): void;
  /** Forgets everything: the attempt is over. */
  clear(): void;
}

interface OpenUpload extends Upload {
  received: number;
  /** From its first bytes on: a header alone costs none. */
  buffer?: Uint8Array;
  readonly room: Room;
  readonly openedAtMs: number;
  /** When bytes came last. */
  progressAtMs: number;
  /** Its attempt ended while it was checked and stored. */
  isOver: boolean;
}

/** However long a deadline is: where memory is short, uploads that would take longer than this give way. */
const LONGEST_IN_NEED_MS = 30 * 60 * 1000;

export function createUploads(options: UploadsOptions): Uploads {
  const { clock, idleMs, lifeMs = Number.POSITIVE_INFINITY, memory = createUploadMemory() } = options;
  const { chunkBytes = LIMITS.maxChunkBytes } = options;
  const open = new Map<string, OpenUpload>();
  /** Complete ones, whose payloads the caller still holds. */
  const handedOver = new Map<Upload, OpenUpload>();
  /** How much time each had left when it was forgotten, negative where it was behind. */
  const leftMs = new WeakMap<Assignment, number>();
  let cancelSweep: (() => void) | undefined;

  function forget({ assignment, room }: OpenUpload): void {
    open.delete(assignment.ticket);
    leftMs.set(assignment, room.keptUntilMs - clock.nowMs());
  }

  function remove(ticket: string): void {
    const upload = open.get(ticket);
    if (upload === undefined) return;
    memory.giveBack(upload.room);
    forget(upload);
  }

  /** The share that these bytes have of the time in which the whole is due. */
  function boughtMs(numBytes: number, totalBytes: number): number {
    return (numBytes / totalBytes) * Math.min(lifeMs, LONGEST_IN_NEED_MS);
  }

  /** How long the first chunk may take of an upload that comes fast enough. */
  function turnMs(totalBytes: number): number {
    return Math.min(idleMs, Math.max(idleMs / 3, boughtMs(Math.min(chunkBytes, totalBytes), totalBytes)));
  }

  function sweep(): void {
    cancelSweep = undefined;
    const nowMs = clock.nowMs();
    for (const [ticket, { progressAtMs, openedAtMs }] of open) {
      if (nowMs - progressAtMs >= idleMs || nowMs - openedAtMs >= lifeMs) remove(ticket);
    }
    sweepLater();
  }

  function sweepLater(): void {
    if (open.size > 0) cancelSweep ??= clock.schedule(idleMs / 3, sweep);
  }

  function settle(upload: Upload): void {
    const complete = handedOver.get(upload);
    if (complete !== undefined) memory.giveBack(complete.room);
    handedOver.delete(upload);
  }

  return {
    begin(assignment, submit, verified) {
      const { ticket } = assignment;
      const existing = open.get(ticket);
      if (existing?.verified.headerHash === verified.headerHash) return existing.received;
      remove(ticket);
      const nowMs = clock.nowMs();
      const numBytes = verified.header.payloadBytes;
      const aTurnMs = turnMs(numBytes);
      const keptUntilMs = nowMs + Math.min(aTurnMs, leftMs.get(assignment) ?? aTurnMs);
      const room: Room = { numBytes, keptUntilMs, onLost: () => forget(upload) };
      const fresh = { received: 0, openedAtMs: nowMs, progressAtMs: nowMs, isOver: false };
      const upload: OpenUpload = { assignment, submit, verified, room, ...fresh };
      if (!memory.take(room, keptUntilMs - aTurnMs)) {
        throw new ProtocolError("RATE_LIMITED", "too many uploads at once", { retryAfterMs: 1000 });
      }
      open.set(ticket, upload);
      sweepLater();
      return 0;
    },
    write(ticket, offset, bytes) {
      const upload = open.get(ticket);
      if (upload === undefined) {
        throw new ProtocolError("UPLOAD_OUT_OF_ORDER", "no upload is open for this ticket; submit its header again");
      }
      if (offset !== upload.received) {
        throw new ProtocolError("UPLOAD_OUT_OF_ORDER", `chunk expected offset ${upload.received}, got ${offset}`);
      }
      const { numBytes } = upload.room;
      if (offset + bytes.length > numBytes) {
        throw new ProtocolError("TOO_LARGE", `payload expected ${numBytes} bytes, got ${offset + bytes.length}`);
      }
      upload.buffer ??= new Uint8Array(numBytes);
      upload.buffer.set(bytes, offset);
      upload.received += bytes.length;
      const nowMs = clock.nowMs();
      upload.progressAtMs = nowMs;
      // Time that was saved up lasts through a silence, but for no longer than any silence may.
      const paidUntilMs = upload.room.keptUntilMs + boughtMs(bytes.length, numBytes);
      upload.room.keptUntilMs = Math.min(nowMs + idleMs, paidUntilMs);
      if (upload.received < numBytes) return { upload };
      open.delete(ticket);
      upload.room.keptUntilMs = Number.POSITIVE_INFINITY;
      handedOver.set(upload, upload);
      return { upload, payload: upload.buffer };
    },
    has: (ticket) => open.has(ticket),
    settle,
    reopen(upload, inMs) {
      const { ticket } = upload.assignment;
      const complete = handedOver.get(upload);
      if (complete === undefined || complete.isOver || open.has(ticket) || inMs >= idleMs) return settle(upload);
      handedOver.delete(upload);
      complete.received--;
      complete.room.keptUntilMs = clock.nowMs() + idleMs;
      open.set(ticket, complete);
      sweepLater();
    },
    clear() {
      for (const ticket of open.keys()) remove(ticket);
      for (const upload of handedOver.values()) upload.isOver = true;
      cancelSweep?.();
      cancelSweep = undefined;
    },
  };
}
