// Seconds that a start takes to check a long journal, and to read it again for what the run was doing. Rounds as a coordinator
// journals them; what is signed holds placeholders, which neither step looks at.
//
//   npm run build && node bench/coordinator/journal.mjs [--rounds 20000] [--updates 3] [--json result.json]
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readRunHistory } from "../../dist/server/store/runHistory.js";
import { openStore } from "../../dist/server/store/sqliteStore.js";
import { describeMachine } from "./pinned.mjs";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "20000" },
    updates: { type: "string", default: "3" },
    data: { type: "string", default: tmpdir() },
    json: { type: "string" },
  },
});
const rounds = Number(options.rounds);
const updates = Number(options.updates);
const directory = mkdtempSync(join(options.data, "headwater-journal-"));
const machine = describeMachine();
console.log(`${machine.cpu}, Node ${machine.node}, load ${machine.load.join(" ")}`);
try {
  await fill();
  const [store, openSeconds] = await timed(() => openStore({ directory }));
  const [history, readSeconds] = await timed(() => readRunHistory(store.events()));
  await store.close();
  if (history.commits.length !== rounds) throw new Error(`expected ${rounds} commits, got ${history.commits.length}`);
  const events = 1 + rounds * (updates + 3);
  const megabytes = statSync(join(directory, "journal.db")).size / 1e6;
  const resident = process.memoryUsage.rss() / 1e6;
  console.log(`${rounds} rounds of ${updates} updates: ${events} events, ${megabytes.toFixed(0)} MB`);
  console.log(
    `  check every event  ${openSeconds.toFixed(2)} s, ${((1e6 * openSeconds) / events).toFixed(0)} us an event`,
  );
  console.log(
    `  read them again    ${readSeconds.toFixed(2)} s, ${((1e6 * readSeconds) / events).toFixed(0)} us an event`,
  );
  console.log(`  resident           ${resident.toFixed(0)} MB`);
  const report = { machine, rounds, updates, events, megabytes, openSeconds, readSeconds, resident };
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
} finally {
  rmSync(directory, { recursive: true });
}

async function timed(work) {
  const startedAt = performance.now();
  const result = await work();
  return [result, (performance.now() - startedAt) / 1000];
}

async function fill() {
  const store = await openStore({ directory });
  const digest = (text) => createHash("sha256").update(text).digest("hex");
  const hash = (text) => `sha256-${digest(text)}`;
  const bytes = (length) => Buffer.alloc(length).toString("base64");
  const paramsHash = await store.putBlob(new Uint8Array(100));
  const signed = { signature: bytes(64) };
  let pending = [
    store.append({
      ...{ kind: "run-created", plan: { name: "journal", retention: "headers" }, model: { layers: [] } },
      ...{ planHash: hash("plan"), modelHash: hash("model"), coordinatorKey: digest("key"), paramsHash },
    }),
  ];
  for (let round = 0; round < rounds; round++) {
    const attempt = { round, attempt: 0 };
    const members = Array.from({ length: updates }, (_, i) => ({
      clientId: digest(`client ${i}`),
      ticket: digest(`ticket ${i} ${round}`).slice(0, 32),
    }));
    const headerHashes = members.map(({ ticket }) => hash(ticket)).sort();
    const append = (kind, facts) => pending.push(store.append({ kind, ...attempt, ...facts }));
    append("round-opened", { paramsHash, members });
    for (const { clientId, ticket } of members) {
      const update = { clientId, headerHash: hash(ticket), payloadHash: hash(`delta ${ticket}`), weight: 10 };
      append("update-accepted", { ...update, ...signed, header: bytes(400), manifest: bytes(300) });
    }
    append("round-sealed", { headerHashes });
    const metrics = { accepted: updates, cohort: updates, seconds: 1, testAccuracy: 0.5, trainLoss: 1 };
    append("round-committed", { ...signed, paramsHash, metrics, headerHashes, record: bytes(400) });
    if (pending.length > 500) {
      await Promise.all(pending);
      pending = [];
    }
  }
  await Promise.all(pending);
  await store.close();
}
