import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parseRunFile } from "../../../server/serve/runFile.ts";

const readme = readFileSync(new URL("../../../server/README.md", import.meta.url), "utf8");
const [run, model] = [...readme.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => JSON.parse(text ?? ""));

it("shows a run file that the coordinator takes", async () => {
  expect((await parseRunFile(run, "/")).plan).toMatchObject({ name: "my-run", rounds: 50 });
});

it("shows a model document that a run file may hold", async () => {
  expect((await parseRunFile({ ...run, model }, "/")).model.outputSize).toBe(3);
});

it("explains every key of a run file that the coordinator knows", async () => {
  const known = ["name", "model", "data", "cohort", "local", "strategy", "rounds", "deadlineMs"];
  for (const key of [...known, "minRoundMs", "maxAbsDelta", "maxWeight", "identity", "retention"]) {
    expect(readme).toMatch(new RegExp(`^\\| \`${key}[.\`]`, "m"));
  }
});
