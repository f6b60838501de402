import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pino } from "pino";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { hearHangup } from "../../../server/serve/hangup.ts";
import { type Operations, prepareOperations } from "../../../server/serve/operations.ts";
import { serveCommand } from "../../../server/serveCommand.ts";
import { temporaryFolder } from "../../support/temporaryFolder.ts";

const coordinator = { setTls: () => {} };

/** What `serve` prepares for these arguments; the coordinator itself is left out. */
function prepared(...args: string[]): Operations {
  const verb = serveCommand().action(() => {});
  verb.parse(args, { from: "user" });
  const logger = pino({ level: "warn" }, { write: (line) => void logged.push(JSON.parse(line).msg) });
  const operations = prepareOperations({ verb, logger, env: {}, hangup: hearHangup() });
  onTestFinished(operations.close);
  return operations;
}

let logged: string[] = [];
beforeEach(() => {
  logged = [];
});

it("says what to do about a metrics port that cannot be had", async () => {
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await expect(prepared("--metrics", String(port)).begin(coordinator)).rejects.toThrow(
    `the metrics port ${port} is taken by another program; choose another with --metrics (0 takes any free one)`,
  );
  await expect(prepared("--metrics", "203.0.113.1:1").begin(coordinator)).rejects.toThrow(
    "203.0.113.1 is no address of this machine; choose another with --metrics",
  );
});

it("takes SIGHUP for a wish to read files again, also one that came while it started, and outlives it without files", async () => {
  const without = prepared();
  process.emit("SIGHUP"); // false, and the end of the process, where nobody listens
  expect(logged).toEqual([]);
  await without.begin(coordinator);
  process.emit("SIGHUP");
  expect(logged).toEqual(Array(2).fill("there is no configuration or certificate to read again"));
  await without.close();

  const config = join(temporaryFolder(), "config.json");
  writeFileSync(config, "{}");
  const operations = prepared("--config", config);
  writeFileSync(config, JSON.stringify({ maxDisk: 7 }));
  process.emit("SIGHUP");
  expect(operations.live.current.maxDisk).toBe(4096);
  await operations.begin(coordinator);
  expect(operations.live.current.maxDisk).toBe(7);
});

it("stops in good order, once, when the terminal it was started in is closed", () => {
  const kill = vi.spyOn(process, "kill").mockReturnValue(true);
  let isTerminal = true;
  const hangup = hearHangup(() => isTerminal);
  onTestFinished(() => {
    kill.mockRestore();
    hangup.close();
  });
  const reload = vi.fn();
  hangup.follow(reload);
  process.emit("SIGHUP");
  expect(reload).toHaveBeenCalledTimes(1);
  isTerminal = false;
  process.emit("SIGHUP");
  process.emit("SIGHUP");
  expect(kill.mock.calls).toEqual([[process.pid, "SIGTERM"]]);
  expect(reload).toHaveBeenCalledTimes(1);
});
