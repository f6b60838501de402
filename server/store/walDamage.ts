const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC = 0x377f0682;

type Sums = readonly [number, number];

/** A page in the log, with what stands in its header. */
interface Frame {
  readonly isCommit: boolean;
  readonly hasSalts: boolean;
  /** As stored: of all frames up to this one. */
  readonly sums: Sums;
  /** The sums that this frame's bytes give after those of the frames before it. */
  sumsAfter(previous: Sums): Sums;
}

/**
 * Looks for a damaged place in a SQLite write-ahead log that is not its torn end; says where, or undefined.
 *
 * SQLite ends the log at the first frame whose checksum is wrong. That is right for a commit that was being written when
 * the power went: nobody was told of it. But each commit is synced before the next is begun, so a commit with more
 * frames after it had been acknowledged: a wrong frame in or before it is damage, and going on would lose events. The
 * log's header is synced before its first frame.
 * Format: https://sqlite.org/fileformat2.html#the_write_ahead_log
 */
export function findLogDamage(log: Uint8Array): string | undefined {
  if (log.length <= HEADER_BYTES) return undefined;
  const frames = readFrames(log);
  if (frames === undefined) return "the header is damaged, and commits follow it";
  const { first, count, at } = frames;
  let sums = first;
  let index = 0;
  for (; index < count; index++) {
    const frame = at(index);
    if (!frame.hasSalts || !isSame(frame.sums, frame.sumsAfter(sums))) break;
    sums = frame.sums;
  }
  const damaged = index;
  let isCommitted = false;
  for (; index < count; index++) {
    const frame = at(index);
    if (isCommitted && frame.hasSalts && isSame(frame.sums, frame.sumsAfter(at(index - 1).sums))) {
      return `frame ${damaged} of ${count} is damaged, and commits follow it`;
    }
    isCommitted ||= frame.hasSalts && frame.isCommit;
  }
  return undefined;
}

function readFrames(log: Uint8Array): { first: Sums; count: number; at: (index: number) => Frame } | undefined {
  const view = new DataView(log.buffer, log.byteOffset, log.length);
  const magic = view.getUint32(0);
  const pageBytes = view.getUint32(8);
  const isLittleEndian = (magic & 1) === 0;
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  const sum = (from: number, numBytes: number, [a, b]: Sums): Sums => {
    for (let i = from; i < from + numBytes; i += 8) {
      a = (a + view.getUint32(i, isLittleEndian) + b) >>> 0;
      b = (b + view.getUint32(i + 4, isLittleEndian) + a) >>> 0;
    }
    return [a, b];
  };
  const first = sum(0, 24, [0, 0]);
  if ((magic & ~1) >>> 0 !== MAGIC || !isSame(first, [view.getUint32(24), view.getUint32(28)])) return undefined;
  return {
    first,
    count: Math.floor((log.length - HEADER_BYTES) / frameBytes),
    at(index) {
      const start = HEADER_BYTES + index * frameBytes;
      return {
        isCommit: view.getUint32(start + 4) !== 0,
        hasSalts: view.getUint32(start + 8) === view.getUint32(16) && view.getUint32(start + 12) === view.getUint32(20),
        sums: [view.getUint32(start + 16), view.getUint32(start + 20)],
        sumsAfter: (previous) => sum(start + FRAME_HEADER_BYTES, pageBytes, sum(start, 8, previous)),
      };
    },
  };
}

function isSame(a: Sums, b: Sums): boolean {
  return a[0] === b[0] && a[1] === b[1];
}
