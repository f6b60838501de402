import { describe, expect, it } from "vitest";
import { storedDelta } from "../../../server/rounds/storedDelta.ts";
import { createMemoryStore } from "../../../server/store/memoryStore.ts";
import { openStore } from "../../../server/store/sqliteStore.ts";
import type { Store } from "../../../server/store/store.ts";
import { readStored } from "../../../server/workers/readStored.ts";
import type { ContentHash } from "../../../shared/base/hash.ts";
import { f32 } from "../../../shared/codec/f32.ts";
import { type Manifest, parseManifest } from "../../../shared/protocol/manifest.ts";
import { playSignedRun } from "../../support/signedRun.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

/** Payload and manifest of each update in the journal. */
async function updatesOf(store: Store): Promise<(readonly [ContentHash, Manifest])[]> {
  await playSignedRun(store, { retention: "all", rounds: 1 });
  return [...store.events()].flatMap(({ event }) =>
    event.kind === "update-accepted"
      ? [[event.payloadHash, parseManifest(Buffer.from(event.manifest, "base64"))] as const]
      : [],
  );
}

describe("storedDelta", () => {
  it("says where a durable update's delta can be read, element by element", async () => {
    const store = await openStore({ directory: temporaryFolder() });
    const updates = await updatesOf(store);
    expect(updates).toHaveLength(3);
    for (const [payloadHash, manifest] of updates) {
      const numElements = manifest.parts[0]?.numElements as number;
      const delta = f32.decode(await store.getBlob(payloadHash), numElements);
      const stored = storedDelta(store, payloadHash, manifest);
      expect(stored?.length).toBe(numElements);
      const read = new Float32Array(numElements - 3);
      readStored(stored!, 2, read);
      expect(read).toEqual(delta.subarray(2, numElements - 1));
    }
    await store.close();
  });

  it("knows no place in a store without files, nor of a delta that is written in another way", async () => {
    const store = createMemoryStore();
    const [[payloadHash, manifest] = []] = await updatesOf(store);
    expect(storedDelta(store, payloadHash!, manifest!)).toBeUndefined();
    const parts = manifest!.parts.map((part) => ({ ...part, codec: "other" }));
    expect(storedDelta({ ...store, blobPath: () => "file" }, payloadHash!, { ...manifest!, parts })).toBeUndefined();
  });
});
