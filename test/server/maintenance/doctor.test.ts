import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { backUp } from "../../../server/maintenance/backup.ts";
import { examine } from "../../../server/maintenance/doctor.ts";
import { loadSqlite } from "../../../server/store/sqliteDatabase.ts";
import { openStore } from "../../../server/store/sqliteStore.ts";
import { bytesOf, hashOf } from "../../support/sampleJournal.ts";
import { playSignedRun } from "../../support/signedRun.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

/** A signed run of two rounds; returns its folder, with the key that it was made under, and its last params' hash. */
async function writeRun(): Promise<{ directory: string; paramsHash: string }> {
  const directory = join(temporaryFolder(), "data");
  const store = await openStore({ directory });
  const paramsHash = await playSignedRun(store, { retention: "all", rounds: 2 });
  await store.close();
  mkdirSync(join(directory, "secrets"), { mode: 0o700 });
  writeFileSync(join(directory, "secrets", "coordinator.seed"), new Uint8Array(32).fill(1), { mode: 0o600 });
  return { directory, paramsHash };
}

const diagnose = async (directory: string, repair = false) => {
  const report = await examine({ directory, repair, nowMs: Date.now() });
  const worse = report.findings.filter(({ level }) => level !== "ok");
  return { ...report, worse };
};

describe("headwater doctor", () => {
  it("finds nothing wrong with a run that is as it should be, stopped, running or backed up", async () => {
    const { directory } = await writeRun();
    const { ok, worse, findings } = await diagnose(directory);
    expect({ ok, worse }).toEqual({ ok: true, worse: [] });
    expect(new Set(findings.map(({ check }) => check)).size).toBe(9);

    const backup = `${directory}-backup`;
    await backUp({ directory, to: backup, nowMs: 0 });
    expect((await diagnose(backup)).worse).toEqual([]);
    expect(readdirSync(backup).sort()).toEqual([
      "backup.json",
      "blobs",
      "journal.db",
      "lock.db",
      "lock.pid",
      "secrets",
    ]);

    const store = await openStore({ directory });
    const running = await diagnose(directory);
    expect(running.worse).toEqual([]);
    expect(running.findings.find(({ check }) => check === "lock")?.message).toMatch(/in use by process \d+/);
    await store.close();
  });

  it.each<[string, (directory: string, paramsHash: string) => unknown, RegExp, RegExp]>([
    [
      "params that the run goes on from",
      (d, hash) => writeFileSync(join(d, "blobs", hash), "x"),
      /blobs .*got 1 bytes/,
      /backup/,
    ],
    ["params that are gone", (d, hash) => rmSync(join(d, "blobs", hash)), /blobs .* is not in/, /restore a backup/],
    [
      "a changed event",
      (d) => change(d, "UPDATE events SET event = replace(event, '0.5', '0.9')"),
      /journal .*event 6 exp/,
      /backup/,
    ],
    ["a journal of the future", (d) => change(d, "PRAGMA user_version = 9"), /database .*format 9/, /newer version/],
    ["a lost journal", (d) => rmSync(join(d, "journal.db")), /journal .*is missing/, /restore a backup/],
    ["a journal without its events", (d) => change(d, "DELETE FROM events"), /journal .*holds no event/, /backup/],
    ["a torn page", (d) => overwrite(join(d, "journal.db"), 4096), /(database|journal) .*damaged/, /restore a backup/],
    [
      "the key of another",
      (d) => writeFileSync(join(d, "secrets", "coordinator.seed"), new Uint8Array(32)),
      /key .*created under/,
      /right one/,
    ],
    [
      "a damaged key",
      (d) => writeFileSync(join(d, "secrets", "coordinator.seed"), "abc"),
      /key .*expected 64 bytes/,
      /backup/,
    ],
    ["no key", (d) => rmSync(join(d, "secrets"), { recursive: true }), /key .*missing/, /copy it from a backup/],
  ])("finds %s, and says what to do", async (_, damage, message, mend) => {
    const { directory, paramsHash } = await writeRun();
    await damage(directory, paramsHash);
    const { ok, worse } = await diagnose(directory);
    expect(ok).toBe(false);
    const errors = worse
      .filter(({ level }) => level === "error")
      .map((finding) => `${finding.check} ${finding.message}`);
    expect(errors.join("\n")).toMatch(message);
    expect(worse.map((finding) => finding.mend).join("\n")).toMatch(mend);
  });

  it("finds signatures that do not hold", async () => {
    const { directory } = await writeRun();
    const forged = join(temporaryFolder(), "forged");
    const store = await openStore({ directory: forged });
    const tamper = (event: Parameters<typeof store.append>[0]) => [
      event.kind === "round-committed" ? { ...event, signature: "AAAA" } : event,
    ];
    await playSignedRun(store, { retention: "all", rounds: 1, tamper });
    await store.close();
    expect((await diagnose(directory)).ok).toBe(true);
    expect((await diagnose(forged)).worse.find(({ check }) => check === "signatures")?.message).toMatch(
      /coordinator's sig/,
    );
  });

  it.skipIf(process.platform === "win32")("repairs what is safe, when asked to, and nothing else", async () => {
    const { directory } = await writeRun();
    const unneeded = join(directory, "blobs", hashOf("nobody's"));
    writeFileSync(unneeded, "nobody's");
    writeFileSync(join(directory, "blobs", "3.tmp"), "half");
    writeFileSync(join(directory, "secrets", "coordinator.seed.tmp"), "half");
    chmodSync(join(directory, "secrets", "coordinator.seed"), 0o644);
    const before = readdirSync(join(directory, "blobs")).length;
    const seen = await diagnose(directory);
    expect(seen.ok).toBe(true); // a run can go on with all of these
    expect(seen.worse).toHaveLength(5); // the temporary key is open to others, too
    expect(readdirSync(join(directory, "blobs"))).toHaveLength(before);

    const repaired = await diagnose(directory, true);
    expect(repaired.worse.every(({ isRepaired }) => isRepaired)).toBe(true);
    expect((await diagnose(directory)).worse).toEqual([]);
    expect(readdirSync(join(directory, "blobs"))).toHaveLength(before - 2);
    expect(statSync(join(directory, "secrets", "coordinator.seed")).mode & 0o777).toBe(0o600);
  });

  it("looks at a run whose journal was lost also beside one that is whole", async () => {
    const { directory } = await writeRun();
    const further = join(directory, "runs", "two");
    const store = await openStore({ directory: further });
    await playSignedRun(store, { retention: "all", rounds: 1 });
    await store.close();
    expect((await diagnose(directory)).ok).toBe(true);
    for (const lost of [directory, further]) {
      const journal = join(lost, "journal.db");
      renameSync(journal, `${journal}-away`);
      const { ok, worse } = await diagnose(directory);
      expect(ok).toBe(false);
      expect(worse.map(({ message }) => message)).toEqual([expect.stringContaining(`${journal} expected the events`)]);
      renameSync(`${journal}-away`, journal);
    }
  });

  it("removes no blob of a run whose journal was lost", async () => {
    for (const lose of [
      (d: string) => change(d, "DELETE FROM events"),
      (d: string) => rmSync(join(d, "journal.db")),
      (d: string) => truncateSync(join(d, "journal.db")),
    ]) {
      const { directory } = await writeRun();
      await lose(directory);
      const before = readdirSync(join(directory, "blobs"));
      expect(before.length).toBeGreaterThan(1);
      expect((await diagnose(directory, true)).ok).toBe(false);
      expect(readdirSync(join(directory, "blobs"))).toEqual(before);
    }
  });

  it("clears what a start that was cut short before its first event left, as the next one does", async () => {
    const directory = join(temporaryFolder(), "data");
    const store = await openStore({ directory });
    await store.putBlob(bytesOf("params 0"));
    await store.close();
    expect((await diagnose(directory, true)).ok).toBe(true);
    expect(readdirSync(join(directory, "blobs"))).toEqual([]);
  });

  it("leaves a running coordinator's half-written files alone", async () => {
    const { directory } = await writeRun();
    const store = await openStore({ directory });
    writeFileSync(join(directory, "blobs", "3.tmp"), "on its way");
    expect((await diagnose(directory, true)).worse).toEqual([]);
    expect(readdirSync(join(directory, "blobs"))).toContain("3.tmp");
    await store.close();
  });

  it("notices a clock that was set back", async () => {
    const { directory } = await writeRun();
    const tomorrow = Date.now() / 1000 + 86_400;
    utimesSync(join(directory, "journal.db"), tomorrow, tomorrow);
    expect((await diagnose(directory)).worse).toMatchObject([{ check: "clock", level: "warning" }]);
  });
});

async function change(directory: string, sql: string): Promise<void> {
  const database = (await loadSqlite())(join(directory, "journal.db"));
  database.exec(sql);
  database.close();
}

function overwrite(path: string, from: number): void {
  const bytes = Buffer.alloc(statSync(path).size, 0xff);
  writeFileSync(path, bytes.subarray(from), { flag: "r+" });
}
