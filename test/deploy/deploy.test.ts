import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../server/configuration/configFile.ts";
import { serveCommand } from "../../server/serveCommand.ts";
import { METRICS } from "../../server/telemetry/metricCatalogue.ts";
import { temporaryFolder } from "../support/temporaryFolder.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const variables = serveCommand().options.map(({ envVar }) => envVar);

describe("the systemd unit", () => {
  const unit = read("deploy/systemd/headwater.service");
  const values = (key: string): string[] =>
    [...unit.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value]) => value ?? "");

  it("is made of sections, comments and settings alone", () => {
    const odd = unit
      .split("\n")
      .filter((line) => !/^(\[(Unit|Service|Install)\]|#.*|[A-Z][A-Za-z0-9]+=.*|)$/.test(line));
    expect(odd).toEqual([]);
  });

  it("gives the service no privileges, a user of its own, one writable folder and enough descriptors", () => {
    const expected = {
      DynamicUser: "yes",
      NoNewPrivileges: "yes",
      ProtectSystem: "strict",
      StateDirectory: "headwater",
      CapabilityBoundingSet: "",
    };
    for (const [key, value] of Object.entries(expected)) expect([key, values(key)]).toEqual([key, [value]]);
    expect(Number(values("LimitNOFILE")[0])).toBeGreaterThan(12_000); // the HTTP server's own bound, and files beside
  });

  it("sets variables that serve knows, reloads by SIGHUP and leaves time to stop", () => {
    const set = values("Environment").map((text) => text.split("=")[0]);
    expect(set.filter((name) => name !== "NODE_ENV" && !variables.includes(name))).toEqual([]);
    expect(values("ExecReload")).toEqual(["/bin/kill -HUP $MAINPID"]);
    expect(values("KillSignal")).toEqual(["SIGTERM"]);
    expect(Number(values("TimeoutStopSec")[0])).toBeGreaterThanOrEqual(60);
  });

  it.skipIf(spawnSync("systemd-analyze", ["--version"]).status !== 0)("is what systemd understands", () => {
    const path = join(temporaryFolder(), "headwater.service");
    writeFileSync(path, unit.replace("/usr/bin/node", process.execPath)); // it looks for the program
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", path], { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });
});

describe("the Docker image", () => {
  const file = read("deploy/docker/Dockerfile").replace(/\\\n/g, " ");
  const instructions = file
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => line.split(/\s+/, 1).concat(line.replace(/^\S+\s+/, "")) as [string, string]);
  const values = (name: string): string[] => instructions.filter(([word]) => word === name).map(([, value]) => value);
  const last = instructions.slice(instructions.findLastIndex(([word]) => word === "FROM"));

  it("knows no instruction that Docker does not", () => {
    const known = "FROM RUN COPY ENV WORKDIR USER VOLUME EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD".split(" ");
    expect(instructions.filter(([word]) => !known.includes(word))).toEqual([]);
  });

  it("names the version of what it builds on, and one that the project runs on", () => {
    for (const image of values("FROM")) expect(image).toMatch(/^node:(20|24)[a-z0-9.-]*-slim( AS [a-z]+)?$/);
  });

  it("holds what runs and nothing that builds", () => {
    expect(values("RUN").filter((command) => /\bnpm (ci|install)\b/.test(command))).toEqual([
      expect.stringContaining("npm ci --ignore-scripts"),
      expect.stringContaining("npm ci --omit=dev --ignore-scripts"),
    ]);
    const copied = last.filter(([word]) => word === "COPY").map(([, value]) => value);
    expect(copied).toEqual([
      "--from=dependencies /app/node_modules ./node_modules",
      "--from=build /app/dist ./dist",
      "simulations/experiments ./simulations/experiments",
      "package.json LICENSE ./",
    ]);
    const { files } = JSON.parse(read("package.json")) as { files: string[] };
    const needed = files.filter((name) => !name.endsWith(".md"));
    for (const name of needed) expect(copied.some((value) => value.endsWith(` ./${name}`))).toBe(true);
  });

  it("runs as a user without rights, with a health check, a volume and arguments that are no shell's", () => {
    const words = last.map(([word]) => word);
    expect(values("USER")).toEqual(["node"]);
    expect(words.indexOf("USER")).toBeLessThan(words.indexOf("ENTRYPOINT"));
    expect(words.slice(words.indexOf("USER"))).not.toContain("RUN");
    expect(JSON.parse(values("VOLUME")[0] ?? "")).toEqual(["/data"]);
    expect(JSON.parse(values("ENTRYPOINT")[0] ?? "")).toEqual(["node", "dist/cli/headwater.js"]);
    expect(JSON.parse(values("CMD")[0] ?? "")).toEqual(["serve"]);
    expect(values("STOPSIGNAL")).toEqual(["SIGTERM"]);
    const check = /CMD (\[.*\])$/.exec(values("HEALTHCHECK")[0] ?? "")?.[1] ?? "";
    expect(JSON.parse(check)).toEqual(["node", "-e", expect.stringContaining("/healthz")]);
  });

  it("sets variables that serve knows", () => {
    const set = values("ENV").flatMap((text) => [...text.matchAll(/(\w+)=/g)].map(([, name]) => name));
    expect(set.filter((name) => name !== "NODE_ENV" && !variables.includes(name))).toEqual([]);
    expect(set).toContain("HEADWATER_DATA");
  });

  it("sends the daemon what the build needs, and no more", () => {
    const lines = read("deploy/docker/Dockerfile.dockerignore").trim().split("\n");
    expect(lines[0]).toBe("**");
    for (const folder of ["cli", "client", "datasets", "scripts", "server", "shared", "simulations"]) {
      expect(lines).toContain(`!${folder}`);
    }
  });
});

it("tells an operator of flags that serve knows", () => {
  const readme = read("deploy/README.md");
  const known = [...serveCommand().options.map(({ long }) => long), "--data"];
  const flags = [...readme.matchAll(/serve [^\n]*/g)].flatMap(([line]) =>
    [...line.matchAll(/--[a-z-]+/g)].map(([f]) => f),
  );
  expect(flags).toEqual(["--json"]);
  expect(flags.filter((flag) => !known.includes(flag))).toEqual([]);
});

it("begins with a configuration that shows the lines of the log that the runbook sends to", () => {
  expect(parseConfig(JSON.parse(read("deploy/config.json")), serveCommand())).toEqual({ logLevel: "info" });
});

describe("the dashboard", () => {
  interface Panel {
    readonly title: string;
    readonly description?: string;
    readonly targets: readonly { readonly expr: string }[];
  }
  const { panels } = JSON.parse(read("deploy/grafana/headwater.json")) as { panels: readonly Panel[] };

  it.each(
    panels.map((panel) => [panel.title, panel] as const),
  )("says in a sentence what %s means and asks for", (_, panel) => {
    const { description = "" } = panel;
    expect(description).toMatch(/^[A-Z0-9][^\n]{60,300}\.$/);
    expect(description.match(/[.!?](?= [A-Z0-9])/g) ?? []).toEqual([]); // one sentence
    expect(panels.filter((other) => other.description === description)).toEqual([panel]);
  });

  it("draws in each panel metrics that the coordinator has", () => {
    for (const { title, targets } of panels) {
      const names = targets.flatMap(({ expr }) => expr.match(/\bheadwater_[a-z_]+/g) ?? []);
      expect(names.length, title).toBeGreaterThanOrEqual(targets.length);
      const plain = names.map((name) => name.replace(/_bucket$/, ""));
      expect(plain.filter((name) => !Object.hasOwn(METRICS, name))).toEqual([]);
    }
  });

  it("sends an operator to sections of the page on operations that there are", () => {
    const text = panels.map(({ description }) => description).join("\n");
    const sections = [...text.matchAll(/\bHeadwater[A-Z]\w+/g)].map(([name]) => name);
    expect(sections.length).toBeGreaterThan(0);
    const operations = read("docs/operations.md");
    expect(sections.filter((name) => !operations.includes(`\n### ${name}\n`))).toEqual([]);
  });

  it("has its panels listed in the README, group by group", () => {
    const rows = read("deploy/README.md")
      .split("\n## Dashboard\n")[1]
      ?.split("\n")
      .filter((line) => /^\| [a-z]/.test(line));
    const [, ...groups] = rows ?? [];
    const listed = groups.flatMap((line) => line.split(" | ")[1]?.split("; ") ?? []);
    expect(listed).toEqual(panels.map(({ title }) => title));
  });
});
