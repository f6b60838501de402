import { describe, expect, it } from "vitest";
import type { PersonalStore } from "../../client/core/personalStore.ts";
import type { ContentHash } from "../../shared/base/hash.ts";

export const updateHash = (digit: string): ContentHash => `sha256-${digit.repeat(64)}`;

const [RUN, OTHER] = ["0a".repeat(16), "0b".repeat(16)];
const [FIRST, SECOND] = [updateHash("1"), updateHash("2")];

/** `open` gives a way to open the same store again and again, as a client that starts anew does; `keepsForGood` says whether it is the same then. */
export function personalStoreContract(name: string, open: () => () => PersonalStore, keepsForGood: boolean): void {
  describe(`${name}, as a store of what stays with a client`, () => {
    it("gives what was promoted last, run by run, and nothing of what is only held", async () => {
      const store = open()();
      expect(await store.load(RUN)).toBeUndefined();
      await store.hold(RUN, FIRST, Uint8Array.of(1, 2));
      await store.hold(OTHER, FIRST, Uint8Array.of(9));
      expect(await store.load(RUN)).toBeUndefined();
      await store.promote(RUN, FIRST);
      expect(await store.load(RUN)).toEqual(Uint8Array.of(1, 2));
      expect(await store.load(OTHER)).toBeUndefined();
      await store.hold(RUN, SECOND, Uint8Array.of(3));
      expect(await store.load(RUN)).toEqual(Uint8Array.of(1, 2));
      await store.promote(RUN, SECOND);
      expect(await store.load(RUN)).toEqual(Uint8Array.of(3));
    });

    it("promotes what is held under that update alone, and once", async () => {
      const store = open()();
      await store.promote(RUN, FIRST);
      await store.hold(RUN, FIRST, Uint8Array.of(1));
      await store.promote(RUN, SECOND);
      expect(await store.load(RUN)).toBeUndefined();
      await store.hold(RUN, SECOND, Uint8Array.of(2));
      await store.promote(RUN, FIRST); // forgotten: another took its place
      expect(await store.load(RUN)).toBeUndefined();
      await store.promote(RUN, SECOND);
      await store.promote(RUN, SECOND);
      expect(await store.load(RUN)).toEqual(Uint8Array.of(2));
    });

    it("names the update that something is held under, and forgets that of this update alone", async () => {
      const store = open()();
      expect(await store.held(RUN)).toBeUndefined();
      await store.drop(RUN, FIRST);
      await store.hold(OTHER, SECOND, Uint8Array.of(9));
      expect(await store.held(RUN)).toBeUndefined();
      await store.hold(RUN, FIRST, Uint8Array.of(1));
      await store.promote(RUN, FIRST);
      expect(await store.held(RUN)).toBeUndefined();
      await store.hold(RUN, SECOND, Uint8Array.of(2));
      await store.drop(RUN, FIRST);
      expect(await store.held(RUN)).toBe(SECOND);
      await store.drop(RUN, SECOND);
      expect(await store.held(RUN)).toBeUndefined();
      await store.promote(RUN, SECOND);
      expect(await store.load(RUN)).toEqual(Uint8Array.of(1));
      expect(await store.held(OTHER)).toBe(SECOND);
    });

    it.runIf(keepsForGood)("has both after a crash: what counts, and what waits for word of its update", async () => {
      const again = open();
      await again().hold(RUN, FIRST, Uint8Array.of(1));
      await again().promote(RUN, FIRST);
      await again().hold(RUN, SECOND, Uint8Array.of(2));
      expect(await again().load(RUN)).toEqual(Uint8Array.of(1));
      expect(await again().held(RUN)).toBe(SECOND);
      await again().promote(RUN, SECOND);
      expect(await again().load(RUN)).toEqual(Uint8Array.of(2));
    });
  });
}
