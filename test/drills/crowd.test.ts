import { expect, it } from "vitest";
import { runCrowdDrill } from "./crowdDrill.ts";

it("holds 200 idle sockets, and a broadcast of 100 KiB reaches each of them", async () => {
  const result = await runCrowdDrill({ clients: 200, processes: 1, broadcastBytes: 100 * 1024, broadcasts: 2 });
  expect(result.connected).toBe(200);
  expect(result.broadcasts.map(({ heard }) => heard)).toEqual([200, 200]);
});
