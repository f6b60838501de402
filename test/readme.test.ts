import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createRng } from "../shared/base/rng.ts";
import { zooModel } from "../shared/models/zoo.ts";
import { encodeParams } from "../shared/params/encodeParams.ts";
import { distUrl } from "./support/dist.ts";
import { temporaryFolder } from "./support/temporaryFolder.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(ROOT, "README.md"), "utf8");

describe("the README", () => {
  it("shows code that runs", () => {
    const snippets = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, snippet]) => snippet as string);
    const folder = temporaryFolder();
    const model = zooModel("2nn");
    mkdirSync(join(folder, "results"));
    writeFileSync(join(folder, "results/model.safetensors"), encodeParams(model.spec, model.init(createRng(1))));
    // Within the package, so that "headwater" is this build of it; the snippets are plain JavaScript too.
    const artifacts = join(ROOT, "test/.artifacts");
    mkdirSync(artifacts, { recursive: true });
    const outputs = snippets.map((snippet, i) => {
      const script = join(artifacts, `readme${i}.mjs`);
      writeFileSync(script, snippet);
      return execFileSync(process.execPath, [script], { cwd: folder, encoding: "utf8" });
    });
    expect(outputs).toEqual([
      expect.stringMatching(/^\d+ params\n$/),
      expect.stringMatching(/^digit \d Float32Array\(10\)/),
    ]);
  });

  it("names verbs and options that the command has", () => {
    const commands = [...readme.matchAll(/^npx headwater (.*)$/gm)].map(([, words]) => (words ?? "").split(" "));
    expect(commands.length).toBeGreaterThanOrEqual(3);
    for (const [verb, ...words] of commands) {
      const help = execFileSync(process.execPath, [
        fileURLToPath(distUrl("cli/headwater.js")),
        verb as string,
        "--help",
      ]);
      for (const option of words.filter((word) => word.startsWith("--"))) expect(help.toString()).toContain(option);
    }
  });

  it("points only at files and folders that exist", () => {
    const targets = [...readme.matchAll(/(?:\]\(|src=")([^)":#]+)[)"]/g)].map(([, path]) => path as string);
    expect(targets.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
