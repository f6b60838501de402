import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../server/configuration/configFile.ts";
import { HOT_OPTIONS } from "../../server/configuration/liveSettings.ts";
import { NOT_READY } from "../../server/http/readiness.ts";
import { serveCommand } from "../../server/serveCommand.ts";
import { METRICS, type MetricDefinition } from "../../server/telemetry/metricCatalogue.ts";
import { createMetricRegistry } from "../../server/telemetry/metricRegistry.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(ROOT, "docs/operations.md"), "utf8");
const alerts = readFileSync(join(ROOT, "deploy/prometheus/alerts.yml"), "utf8");
const dashboard = readFileSync(join(ROOT, "deploy/grafana/headwater.json"), "utf8");

/** Cells of the rows of a table whose first cell looks like this. */
function rows(text: string, first: RegExp): string[][] {
  const cells = text.split("\n").map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return cells.filter(([cell]) => cell !== undefined && first.test(cell));
}

const section = (title: string): string => page.split(`\n## ${title}\n`)[1]?.split("\n## ")[0] ?? "";

describe("the page on operations", () => {
  it("names every metric with its type, unit, labels and meaning, and no other", () => {
    const documented = rows(section("Metrics"), /^`headwater_/);
    const declared = Object.entries<MetricDefinition>(METRICS).map(([name, { type, unit, labels, help }]) => [
      `\`${name}\``,
      type,
      unit,
      labels.join(", "),
      help,
    ]);
    expect(documented).toEqual(declared);
  });

  it("names every option of serve with its variable, its key in the file and when a change holds", () => {
    const documented = rows(section("Configuration"), /^`--/);
    const declared = serveCommand().options.map((option) => {
      const name = option.attributeName();
      const key = name === "config" ? "" : `\`${name === "limit" ? "limits" : name}\``;
      const isHot = (HOT_OPTIONS as readonly string[]).includes(name);
      return [`\`${option.flags}\``, `\`${option.envVar}\``, key, isHot ? "at once" : "at the next start"];
    });
    expect(documented).toEqual(declared);
  });

  it("shows a configuration file that the coordinator takes", () => {
    const json = JSON.parse(/```json\n([\s\S]*?)```/.exec(section("Configuration"))?.[1] ?? "");
    expect(Object.keys(parseConfig(json, serveCommand()))).toContain("limit");
  });

  it("shows flags that serve knows", () => {
    const known = serveCommand().options.map(({ long }) => long);
    const lines = [...page.matchAll(/headwater serve[^\n`]*/g)].map(([line]) => line);
    const used = lines.flatMap((line) => [...line.matchAll(/--[a-z-]+/g)].map(([flag]) => flag));
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((flag) => !known.includes(flag))).toEqual([]);
  });

  it("explains every reason for which a coordinator is not ready", () => {
    const explained = rows(page, /^(DRAINING|READ_ONLY|DISK_FULL|PAUSED|[A-Z_]+)$/).map(([code]) => code);
    expect(explained).toEqual(Object.keys(NOT_READY));
  });

  it("names every line that the coordinator logs, with its level, and no other", () => {
    const documented = rows(section("Logs"), /^(debug|info|warn|error)$/).map(([level, msg]) => `${level} ${msg}`);
    const logged = sourcesBelow("server").flatMap((text) =>
      [...text.matchAll(/\blogger\.(debug|info|warn|error)\(\s*(?:\{[^{}]*\},\s*)?"([^"]+)",?\s*\)/g)].map(
        ([, level, msg]) => `${level} ${msg}`,
      ),
    );
    const calls = sourcesBelow("server").flatMap((text) => [
      ...text.matchAll(/\blogger\.(?:debug|info|warn|error)\(/g),
    ]);
    expect(logged).toHaveLength(calls.length); // each call is of the form that this test reads
    expect(documented.sort()).toEqual([...new Set(logged)].sort());
  });
});

it("says where it sends to lines of the log that are not written unless asked for", () => {
  const written = rows(section("Logs"), /^(warn|error)$/).map(([, msg]) => msg);
  const sections = page.split("\n## Logs\n")[0]?.split(/\n##+ /) ?? [];
  const sent = sections.flatMap((text) => [...text.matchAll(/log line `([^`]+)`/g)].map(([, msg]) => ({ text, msg })));
  expect(sent.length).toBeGreaterThan(3);
  const unseen = sent.filter(({ msg }) => !written.includes(msg));
  expect(unseen.map(({ msg }) => msg)).toEqual(["attempt aborted", "update rejected"]);
  for (const { text } of unseen) expect(text).toContain("level `info`");
});

describe("alerts and dashboard", () => {
  it("ask for metrics that there are, with labels that they have", () => {
    for (const text of [alerts, dashboard]) {
      const asked = [...text.matchAll(/\b(headwater_[a-z_]+)(?:\{([^}]*)\})?/g)];
      expect(asked.length).toBeGreaterThan(10);
      for (const [whole, name = "", matchers = ""] of asked) {
        const definition = definitionOf(name);
        expect(definition, whole).toBeDefined();
        for (const [, label = ""] of matchers.matchAll(/([a-z]+)\s*(?:=~|!=|!~|=)/g)) {
          expect([...(definition?.labels ?? [])], whole).toContain(label);
        }
      }
    }
  });

  it("leave no metric out of the dashboard", () => {
    const missing = Object.keys(METRICS).filter((name) => !dashboard.includes(name));
    expect(missing).toEqual([]);
  });

  it("send whoever is woken to a section of the page", () => {
    const runbooks = [...alerts.matchAll(/- alert: (\w+)[\s\S]*?runbook: "docs\/operations\.md#(\w+)"/g)];
    expect(runbooks).toHaveLength([...alerts.matchAll(/- alert: /g)].length);
    for (const [, alert = "", anchor] of runbooks) {
      expect(anchor).toBe(alert.toLowerCase());
      expect(page).toContain(`\n### ${alert}\n`);
    }
  });
});

it("declares metrics in a form that Prometheus takes", async () => {
  const text = await createMetricRegistry().text();
  for (const [name, { type, help }] of Object.entries<MetricDefinition>(METRICS)) {
    expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
    expect(name.endsWith("_total")).toBe(type === "counter");
    expect(name).toMatch(/^headwater_[a-z]+(_[a-z]+)*$/);
  }
});

function definitionOf(name: string): MetricDefinition | undefined {
  const plain = (METRICS as Readonly<Record<string, MetricDefinition>>)[name];
  if (plain !== undefined) return plain.type === "histogram" ? undefined : plain;
  const base = name.replace(/_(bucket|sum|count)$/, "");
  const histogram = (METRICS as Readonly<Record<string, MetricDefinition>>)[base];
  return histogram?.type === "histogram" ? { ...histogram, labels: [...histogram.labels, "le"] } : undefined;
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && entry.name !== "logger.ts")
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
}
