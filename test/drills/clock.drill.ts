import { expect, it } from "vitest";
import { temporaryFolder } from "../support/temporaryFolder.ts";
import { checkDrill } from "./checkDrill.ts";
import { runClockDrill } from "./clockDrill.ts";

const freezes = Number(process.env.FREEZES ?? 20);
const freezeMs = 1000 * Number(process.env.FREEZE_S ?? 3);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

it(`loses and doubles no round in ${freezes} freezes (FREEZES=${freezes} FREEZE_S=${freezeMs / 1000} SEED=${seed})`, async () => {
  const result = await runClockDrill({ directory: temporaryFolder(), seed, numClients: 8, freezes, freezeMs });
  checkDrill(result, result.liveParamsHash);
  const { report, receipts } = result;
  console.log(`${report.numCommits} rounds, ${report.numAborted} aborted attempts, ${receipts.length} receipts`);
  for (const { event } of result.events) {
    if (event.kind === "round-committed") expect(event.metrics.seconds).toBeLessThan(60 + freezeMs / 1000);
  }
}, 3_600_000);
