import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openStore } from "../../server/store/sqliteStore.ts";
import type { JournalPosition } from "../../server/store/store.ts";
import { distUrl } from "../support/dist.ts";
import { memoryFolder } from "../support/memoryFolder.ts";
import { runFailpointDrill } from "./store/failpointDrill.ts";
import { checkRecovered } from "./store/workload.ts";

const every = Number(process.env.EVERY ?? 1);

it(`survives an end at every failpoint, and at every one after it (EVERY=${every})`, async () => {
  const result = await runFailpointDrill({ directory: memoryFolder(), rounds: 1, every, everyAgain: every });
  console.log(result);
}, 3_600_000);

it("survives SIGKILL at every seventh failpoint of two starts of a real process", async () => {
  const directory = join(memoryFolder(), "data");
  const script = fileURLToPath(new URL("../support/storeWriter.mjs", import.meta.url));
  const urls = ["sqliteStore", "runHistory"].map((name) => distUrl(`server/store/${name}.js`).href);
  let numKills = 0;
  for (let point = 1; point < 400; point += 7) {
    rmSync(directory, { recursive: true, force: true });
    const acknowledged: JournalPosition[] = [];
    for (const dieAt of [point, 1 + ((point * 31) % 97)]) {
      const child = spawnSync(process.execPath, [script, ...urls, directory, String(dieAt)], { encoding: "utf8" });
      expect(child.signal, child.stderr).toBe("SIGKILL");
      numKills++;
      const lines = child.stdout.split("\n").filter((line) => line.endsWith("}"));
      acknowledged.push(...lines.map((line) => JSON.parse(line) as JournalPosition));
    }
    const store = await openStore({ directory });
    await checkRecovered(store, acknowledged);
    await store.close();
  }
  console.log(`${numKills} processes killed at their failpoints`);
}, 600_000);
