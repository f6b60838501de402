/** Where in its buffer the value lies; the buffer is what answers under way keep alive. */
interface Place {
  readonly buffer: WeakRef<ArrayBufferLike>;
  readonly byteOffset: number;
  readonly length: number;
}

/** Immutable bytes by name, for as long as somebody else holds them. */
export interface SharedBytes {
  find(name: string): Uint8Array | undefined;
  hold(name: string, bytes: Uint8Array): void;
}

/** However many ask for the same bytes, and however slowly they take them, the memory holds them once. */
export function sharedBytes(): SharedBytes {
  const held = new Map<string, Place>();
  return {
    find(name) {
      const place = held.get(name);
      const buffer = place?.buffer.deref();
      return place && buffer && new Uint8Array(buffer, place.byteOffset, place.length);
    },
    hold(name, { buffer, byteOffset, length }) {
      for (const [key, place] of held) if (place.buffer.deref() === undefined) held.delete(key);
      held.set(name, { buffer: new WeakRef(buffer), byteOffset, length });
    },
  };
}
