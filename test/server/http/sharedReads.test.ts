import { expect, it } from "vitest";
import { sharedReads } from "../../../server/http/sharedReads.ts";

/** Each read gives bytes of its own, as reading a file does. */
function countingReads() {
  const counts = new Map<string, number>();
  const read = sharedReads(async (name) => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (name === "broken") throw new Error("the disk");
    return name === "missing" ? undefined : Uint8Array.of(9, 1, 2, 3).subarray(1);
  });
  return { read, counts };
}

it("hands the same memory to all who ask, at once or while an earlier answer is held", async () => {
  const { read, counts } = countingReads();
  const [first, second] = await Promise.all([read("a"), read("a")]);
  const third = await read("a");
  expect([...(third ?? [])]).toEqual([1, 2, 3]);
  expect(second?.buffer).toBe(first?.buffer);
  expect(third?.buffer).toBe(first?.buffer);
  expect((await read("b"))?.buffer).not.toBe(first?.buffer);
  expect(counts).toEqual(
    new Map([
      ["a", 1],
      ["b", 1],
    ]),
  );
});

it("asks again for what was not there, and after a failure", async () => {
  const { read, counts } = countingReads();
  expect(await read("missing")).toBeUndefined();
  expect(await read("missing")).toBeUndefined();
  await expect(read("broken")).rejects.toThrow("the disk");
  await expect(read("broken")).rejects.toThrow("the disk");
  expect(counts.get("missing")).toBe(2);
  expect(counts.get("broken")).toBe(2);
});
