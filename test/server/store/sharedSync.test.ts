import { expect, it } from "vitest";
import { createSharedSync } from "../../../server/store/sharedSync.ts";

/** A sync whose ends the test decides. */
function heldSync() {
  const begun: { readonly end: () => void; readonly fail: (error: Error) => void }[] = [];
  const sync = () => new Promise<void>((resolve, reject) => begun.push({ end: resolve, fail: reject }));
  return { begun, shared: createSharedSync(sync) };
}

it("begins one sync for all who come while another runs, not sooner than that one has ended", async () => {
  const { begun, shared } = heldSync();
  const done: string[] = [];
  const first = shared().then(() => done.push("first"));
  const second = shared().then(() => done.push("second"));
  const third = shared().then(() => done.push("third"));
  expect(begun).toHaveLength(1);
  begun[0]?.end();
  await first;
  await new Promise(setImmediate);
  expect(done).toEqual(["first"]);
  expect(begun).toHaveLength(2);
  const fourth = shared().then(() => done.push("fourth"));
  begun[1]?.end();
  await Promise.all([second, third]);
  await new Promise(setImmediate);
  expect(done).toEqual(["first", "second", "third"]);
  begun[2]?.end();
  await fourth;
});

it("fails all who share a failed sync, and begins a new one for those who come later", async () => {
  const { begun, shared } = heldSync();
  const first = shared();
  const others = Promise.allSettled([shared(), shared()]);
  begun[0]?.end();
  await first;
  await new Promise(setImmediate);
  begun[1]?.fail(new Error("disk full"));
  expect((await others).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  const later = shared();
  begun[2]?.end();
  await later;
});
