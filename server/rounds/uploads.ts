import type { Clock } from "../../shared/base/clock.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { VerifiedHeader } from "../../shared/protocol/checkUpdate.ts";
import type { Submit } from "../../shared/protocol/submit.ts";
import type { Assignment } from "./assignments.ts";

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
  /** An upload without progress is forgotten after this. */
  readonly idleMs: number;
  /** However slowly it goes on, an upload is forgotten after this; never when absent. */
  readonly lifeMs?: number;
  /** Of its own when absent. */
  readonly memory?: UploadMemory;
}

/** Room for payloads, whole ones not yet settled included; the runs of one process share it. */
export interface UploadMemory {
  /** Whether there is room for so many bytes more, which then is taken. */
  take(numBytes: number): boolean;
  giveBack(numBytes: number): void;
}

/** A new upload beyond `maxBytes` must wait. */
export function createUploadMemory(maxBytes: number = DEFAULT_MAX_TOTAL_BYTES): UploadMemory {
  let taken = 0;
  return {
    take(numBytes) {
      if (taken + numBytes > maxBytes) return false;
      taken += numBytes;
      return true;
    },
    giveBack(numBytes) {
      taken -= numBytes;
    },
  };
}

/**
 * Payloads being assembled from chunks, one per ticket. They belong to the ticket, not to the connection: a client that
 * reconnects goes on where it was. Memory is taken only for members of a cohort, after their signature was checked.
 */
export interface Uploads {
  /**
   * Opens an upload, or finds the one that this very header opened; another header for the ticket replaces it.
   * Returns the offset to go on from.
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
  /** Forgets everything: the attempt is over. */
  clear(): void;
}

interface OpenUpload extends Upload {
  received: number;
  readonly buffer: Uint8Array;
  readonly openedAtMs: number;
  touchedAtMs: number;
}

export const DEFAULT_MAX_TOTAL_BYTES: number = 512 * 1024 * 1024;

export function createUploads(options: UploadsOptions): Uploads {
  const { clock, idleMs, lifeMs = Number.POSITIVE_INFINITY, memory = createUploadMemory() } = options;
  const open = new Map<string, OpenUpload>();
  /** Complete payloads that the caller still holds. */
  const handedOver = new Set<Upload>();
  let cancelSweep: (() => void) | undefined;

  function remove(ticket: string): void {
    memory.giveBack(open.get(ticket)?.buffer.length ?? 0);
    open.delete(ticket);
  }

  function sweep(): void {
    cancelSweep = undefined;
    const nowMs = clock.nowMs();
    for (const [ticket, { touchedAtMs, openedAtMs }] of open) {
      if (nowMs - touchedAtMs >= idleMs || nowMs - openedAtMs >= lifeMs) remove(ticket);
    }
    sweepLater();
  }

  function sweepLater(): void {
    if (open.size > 0) cancelSweep ??= clock.schedule(idleMs / 3, sweep);
  }

  return {
    begin(assignment, submit, verified) {
      const { ticket } = assignment;
      const existing = open.get(ticket);
      if (existing?.verified.headerHash === verified.headerHash) {
        existing.touchedAtMs = clock.nowMs();
        return existing.received;
      }
      remove(ticket);
      const numBytes = verified.header.payloadBytes;
      if (!memory.take(numBytes)) {
        throw new ProtocolError("RATE_LIMITED", "too many uploads at once", { retryAfterMs: 1000 });
      }
      const buffer = new Uint8Array(numBytes);
      const openedAtMs = clock.nowMs();
      open.set(ticket, { assignment, submit, verified, received: 0, buffer, openedAtMs, touchedAtMs: openedAtMs });
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
      if (offset + bytes.length > upload.buffer.length) {
        const excess = offset + bytes.length;
        throw new ProtocolError("TOO_LARGE", `payload expected ${upload.buffer.length} bytes, got ${excess}`);
      }
      upload.buffer.set(bytes, offset);
      upload.received += bytes.length;
      upload.touchedAtMs = clock.nowMs();
      if (upload.received < upload.buffer.length) return { upload };
      open.delete(ticket);
      handedOver.add(upload);
      return { upload, payload: upload.buffer };
    },
    has: (ticket) => open.has(ticket),
    settle(upload) {
      if (handedOver.delete(upload)) memory.giveBack(upload.received);
    },
    clear() {
      for (const ticket of open.keys()) remove(ticket);
      cancelSweep?.();
      cancelSweep = undefined;
    },
  };
}
