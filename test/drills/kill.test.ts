import { it } from "vitest";
import { temporaryFolder } from "../support/temporaryFolder.ts";
import { checkDrill } from "./checkDrill.ts";
import { runKillDrill } from "./killDrill.ts";

it("keeps every receipt, commits each round once and replays bit for bit through three kills", async () => {
  const seed = 7;
  const result = await runKillDrill({ directory: temporaryFolder(), plan: "fedavg", kills: 3, seed, numClients: 10 });
  checkDrill(result, result.liveParamsHash);
}, 180_000);
