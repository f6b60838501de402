/** What one payload takes of the memory for uploads. */
export interface Room {
  readonly numBytes: number;
  /** Clock time up to which its bytes have paid for it. */
  keptUntilMs: number;
  /** It was given to another. */
  readonly onLost: () => void;
}

/** Room for payloads, whole ones not yet settled included; the runs of one process share it. */
export interface UploadMemory {
  /**
   * Whether there is room for this one, which then is taken. Where none is free, it is that of others who kept theirs until
   * `dueMs` or less, first of those who are furthest behind; nobody loses any for one that could not be helped so.
   */
  take(room: Room, dueMs: number): boolean;
  giveBack(room: Room): void;
}

export const DEFAULT_MAX_TOTAL_BYTES: number = 512 * 1024 * 1024;

export function createUploadMemory(maxBytes: number = DEFAULT_MAX_TOTAL_BYTES): UploadMemory {
  const rooms = new Set<Room>();
  let takenBytes = 0;

  function giveBack(room: Room): void {
    if (rooms.delete(room)) takenBytes -= room.numBytes;
  }

  /** Those whose going frees so many bytes; undefined if all that are due hold fewer. */
  function due(numBytes: number, dueMs: number): readonly Room[] | undefined {
    const leaving: Room[] = [];
    let freedBytes = 0;
    for (const room of [...rooms].sort((a, b) => a.keptUntilMs - b.keptUntilMs)) {
      if (freedBytes >= numBytes) break;
      if (room.keptUntilMs > dueMs) return undefined;
      leaving.push(room);
      freedBytes += room.numBytes;
    }
    return freedBytes >= numBytes ? leaving : undefined;
  }

  return {
    take(room, dueMs) {
      const missingBytes = takenBytes + room.numBytes - maxBytes;
      const leaving = missingBytes > 0 ? due(missingBytes, dueMs) : [];
      if (leaving === undefined) return false;
      for (const lost of leaving) {
        giveBack(lost);
        lost.onLost();
      }
      rooms.add(room);
      takenBytes += room.numBytes;
      return true;
    },
    giveBack,
  };
}
