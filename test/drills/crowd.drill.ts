import { expect, it } from "vitest";
import { runCrowdDrill } from "./crowdDrill.ts";

const clients = Number(process.env.CLIENTS ?? 4000);
const KIB = 1024;

it(`holds ${clients} idle sockets and tells each of them 100 KiB (CLIENTS=${clients})`, async () => {
  const options = { clients, processes: 2, broadcastBytes: 100 * KIB, broadcasts: 5 };
  const { connected, connectSeconds, bytesPerConnection, broadcasts } = await runCrowdDrill(options);
  console.log(
    `${connected} connected in ${connectSeconds.toFixed(1)} s, ${(bytesPerConnection / KIB).toFixed(1)} KiB each`,
  );
  for (const { heard, seconds, lagMs } of broadcasts) {
    const lag = `event loop late by ${Math.round(lagMs.max)} ms at most`;
    console.log(`${heard} heard a broadcast of 100 KiB within ${seconds.toFixed(2)} s; ${lag}`);
  }
  expect(connected).toBe(clients);
  expect(broadcasts.map(({ heard }) => heard)).toEqual(broadcasts.map(() => clients));
  const lags = broadcasts.map(({ lagMs }) => lagMs.max).sort((a, b) => a - b);
  expect(lags[lags.length >> 1]).toBeLessThan(200);
}, 900_000);
