import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { withFields } from "../../server/logger.ts";
import { distUrl } from "../support/dist.ts";

/** What a program that logs these fields leaves on its streams. */
function logged(level: string, fields: object) {
  const program = `
    import { createLogger } from ${JSON.stringify(distUrl("server/index.js").href)};
    createLogger(${JSON.stringify(level)}).info(${JSON.stringify(fields)}, "something happened");`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  return { stdout, stderr };
}

it("logs one JSON line on stderr, without keys or deltas wherever they stand, and leaves stdout to data", () => {
  const fields = {
    client: "a1",
    seed: "s3cret",
    update: { delta: [0.25], signature: "s1g" },
    key: { privateKey: "pr1v" },
  };
  const { stdout, stderr } = logged("info", fields);
  expect(stdout).toBe("");
  expect(JSON.parse(stderr)).toMatchObject({
    msg: "something happened",
    client: "a1",
    seed: "[redacted]",
    update: { delta: "[redacted]", signature: "[redacted]" },
    key: { privateKey: "[redacted]" },
  });
});

it("says nothing below its level", () => {
  expect(logged("warn", { client: "a1" }).stderr).toBe("");
});

it("adds a run's fields to every line of its logger", () => {
  const lines: unknown[] = [];
  const line = (...args: unknown[]): void => void lines.push(args);
  const logger = withFields({ debug: line, info: line, warn: line, error: line }, { run: "digits" });
  logger.info({ round: 3 }, "attempt aborted");
  logger.warn("going on");
  expect(lines).toEqual([
    [{ run: "digits", round: 3 }, "attempt aborted"],
    [{ run: "digits" }, "going on"],
  ]);
});
