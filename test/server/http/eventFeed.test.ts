import { expect, it } from "vitest";
import { createEventFeed } from "../../../server/http/eventFeed.ts";

const hello = { event: "status", data: {} };
const clock = { nowMs: () => 0, schedule: () => () => {} };

it("lets no address have all readers, nor all addresses together more than fit", async () => {
  const feed = createEventFeed({ clock, limits: { maxReaders: 3, maxReadersPerAddress: 2 } });
  const first = feed.open(hello, "10.0.0.1");
  expect(feed.open(hello, "10.0.0.1")).toBeDefined();
  expect(feed.open(hello, "10.0.0.1")).toBeUndefined();
  expect(feed.open(hello, "10.0.0.2")).toBeDefined();
  expect(feed.open(hello, "10.0.0.3")).toBeUndefined();
  await first?.cancel();
  expect(feed.open(hello, "10.0.0.1")).toBeDefined();
  expect(feed.numReaders).toBe(3);
  feed.close();
});
