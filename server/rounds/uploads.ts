import type { Clock } from "../../shared/base/clock.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { VerifiedHeader } from "../../shared/protocol/checkUpdate.ts";
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
}

/**
 * Payloads being assembled from chunks, one per ticket. They belong to the ticket, not to the connection: a client that
 * reconnects goes on where it was. Memory is taken only for members of a cohort, after their signature was checked, and for
 * the whole payload at once: uploads that shared it byte by byte could all come to a stop half done. Where it is short, those
 * give way that come too slowly to be whole in time.
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
   * A complete upload is to come again in a moment: it is open as before, but for its last byte, which brings it here again.
   * The time since its bytes came goes on counting. One that was forgotten meanwhile is settled.
   */
  reopen(upload: Upload): void;
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
  const open = new Map<string, OpenUpload>();
  /** Complete ones, whose payloads the caller still holds. */
  const handedOver = new Map<Upload, OpenUpload>();
  /** Those whose first moment is over: where they begin anew, they keep their room by bytes alone. */
  const begun = new WeakSet<Assignment>();
  /** How far ahead of its bytes an upload may be in its room: from one chunk to the next. */
  const graceMs = idleMs / 3;
  let cancelSweep: (() => void) | undefined;

  function remove(ticket: string): void {
    const upload = open.get(ticket);
    if (upload === undefined) return;
    memory.giveBack(upload.room);
    open.delete(ticket);
  }

  /** Each byte buys its share of the time in which the whole is due. */
  function prolong({ room }: OpenUpload, numBytes: number): void {
    const nowMs = clock.nowMs();
    const earnedMs = (numBytes / room.numBytes) * Math.min(lifeMs, LONGEST_IN_NEED_MS);
    room.keptUntilMs = Math.min(nowMs + graceMs, Math.max(nowMs, room.keptUntilMs) + earnedMs);
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
      const room: Room = {
        numBytes: verified.header.payloadBytes,
        keptUntilMs: nowMs + (begun.has(assignment) ? 0 : graceMs),
        onLost: () => void open.delete(ticket),
      };
      if (!memory.take(room, nowMs)) {
        throw new ProtocolError("RATE_LIMITED", "too many uploads at once", { retryAfterMs: 1000 });
      }
      begun.add(assignment);
      const fresh = { received: 0, openedAtMs: nowMs, progressAtMs: nowMs, isOver: false };
      open.set(ticket, { assignment, submit, verified, room, ...fresh });
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
      upload.progressAtMs = clock.nowMs();
      prolong(upload, bytes.length);
      if (upload.received < numBytes) return { upload };
      open.delete(ticket);
      upload.room.keptUntilMs = Number.POSITIVE_INFINITY;
      handedOver.set(upload, upload);
      return { upload, payload: upload.buffer };
    },
    has: (ticket) => open.has(ticket),
    settle,
    reopen(upload) {
      const { ticket } = upload.assignment;
      const complete = handedOver.get(upload);
      if (complete === undefined || complete.isOver || open.has(ticket)) return settle(upload);
      handedOver.delete(upload);
      complete.received--;
      complete.room.keptUntilMs = clock.nowMs() + graceMs;
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
