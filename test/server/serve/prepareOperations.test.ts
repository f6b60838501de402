import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { type Operations, prepareOperations } from "../../../server/serve/operations.ts";
import { serveCommand } from "../../../server/serveCommand.ts";

const coordinator = { setTls: () => {} };

/** What `serve` prepares for these arguments; the coordinator itself is left out. */
function prepared(...args: string[]): Operations {
  const verb = serveCommand().action(() => {});
  verb.parse(args, { from: "user" });
  const operations = prepareOperations({ verb, logger: pino({ level: "silent" }), env: {} });
  onTestFinished(operations.close);
  return operations;
}

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
