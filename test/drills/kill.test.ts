import { it } from "vitest";
import { temporaryFolder } from "../support/temporaryFolder.ts";
import { checkKillDrill } from "./checkKillDrill.ts";
import { runKillDrill } from "./killDrill.ts";

it("keeps every receipt, commits each round once and replays bit for bit through three kills", async () => {
  const seed = 7;
  checkKillDrill(await runKillDrill({ directory: temporaryFolder(), kills: 3, seed, numClients: 10 }));
}, 120_000);
