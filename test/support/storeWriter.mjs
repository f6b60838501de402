// Writes rounds to a store until it is killed. Prints a line for each event once it is durable: what a client with a
// receipt knows. Arguments: URL of the built sqliteStore, URL of the built runHistory, directory, and, to kill itself
// there, the number of a point: before or after a step of the file system or a statement.
import { createHash } from "node:crypto";
import { writeSync } from "node:fs";

const [storeUrl, historyUrl, directory, dieAt] = process.argv.slice(2);
const { openStore } = await import(storeUrl);
const { readRunHistory } = await import(historyUrl);

const CLIENTS = 5;
const BLOB_BYTES = 64 * 1024;
const hex = (label) => createHash("sha256").update(label).digest("hex");
const hash = (label) => `sha256-${hex(label)}`;
/** 64 KiB that no other label gives. */
const bytes = (label) => new TextEncoder().encode(hex(label).repeat(BLOB_BYTES / 64));

let numPoints = 0;
const point = () => {
  if (++numPoints === Number(dieAt)) process.kill(process.pid, "SIGKILL");
};
/** An object whose methods have a point before and after each call; `wrap` may change what they return. */
const withPoints = (target, wrap = (value) => value) =>
  new Proxy(target, {
    get: (_, name) =>
      typeof target[name] !== "function"
        ? target[name]
        : (...args) => {
            point();
            const result = target[name](...args);
            if (!(result instanceof Promise)) point();
            return result instanceof Promise ? result.finally(point) : wrap(result);
          },
  });
const { nodeStoreFiles } = await import(new URL("storeFiles.js", storeUrl));
const openSqlite = await (await import(new URL("sqliteDatabase.js", storeUrl))).loadSqlite();
const ports = {
  files: withPoints(nodeStoreFiles),
  openSqlite: (...args) => withPoints(openSqlite(...args), (statement) => statement && withPoints(statement)),
};

const store = await openStore({ directory, ...(dieAt === undefined ? {} : ports) });
async function append(event) {
  const position = await store.append(event);
  writeSync(1, `${JSON.stringify({ ...position, kind: event.kind })}\n`);
}

const history = readRunHistory(store.events());
if (history.created === undefined) {
  await append({
    kind: "run-created",
    plan: { retention: "headers" },
    model: {},
    planHash: hash("plan"),
    modelHash: hash("model"),
    coordinatorKey: hex("coordinator"),
    paramsHash: await store.putBlob(bytes("params 0")),
  });
}
let round = history.commits.length;
let attempt = history.aborted === undefined ? 0 : history.aborted.attempt + 1;
let paramsHash = history.commits.at(-1)?.paramsHash ?? store.events().next().value.event.paramsHash;
if (history.open !== undefined) {
  attempt = history.open.opened.attempt;
  await append({ kind: "round-aborted", round, attempt, reason: "restarted" });
  attempt++;
}
for (; ; round++, attempt = 0) {
  const members = Array.from({ length: CLIENTS }, (_, i) => ({
    clientId: hex(`client ${i}`),
    ticket: hex(`ticket ${round} ${attempt} ${i}`).slice(0, 32),
  }));
  await append({ kind: "round-opened", round, attempt, paramsHash, members });
  const headerHashes = await Promise.all(
    members.map(async ({ clientId }, i) => {
      const label = `${round} ${attempt} ${i}`;
      const payloadHash = await store.putBlob(bytes(label));
      const headerHash = hash(`header ${label}`);
      const signed = { header: "AAAA", signature: "AAAA", manifest: "AAAA" };
      await append({
        kind: "update-accepted",
        round,
        attempt,
        clientId,
        headerHash,
        ...signed,
        payloadHash,
        weight: 1,
      });
      return headerHash;
    }),
  );
  await append({ kind: "round-sealed", round, attempt, headerHashes });
  paramsHash = await store.putBlob(bytes(`params ${round + 1}`));
  const signed = { record: "AAAA", signature: "AAAA" };
  await append({ kind: "round-committed", round, attempt, paramsHash, metrics: {}, headerHashes, ...signed });
}
