import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { loadOperatorToken } from "../../server/identity/operatorToken.ts";
import { parseInvitation } from "../../shared/protocol/invitation.ts";
import { distUrl } from "../support/dist.ts";
import { tinyRun } from "../support/operatedCoordinator.ts";
import { connectRawClient } from "../support/rawClient.ts";
import { temporaryFolder } from "../support/temporaryFolder.ts";

interface Served {
  readonly url: string;
  ask(method: string, path: string, body?: object): Promise<unknown>;
  /** As `kill -9` does it: nothing in the process gets to run again. */
  kill(): Promise<void>;
}

/** `headwater serve` in a process of its own. */
async function serve(folder: string): Promise<Served> {
  const file = join(folder, "run.json");
  writeFileSync(file, JSON.stringify(tinyRun("first", { identity: "token" })));
  const data = join(folder, "data");
  const args = [fileURLToPath(distUrl("cli/headwater.js")), "serve", file, "--data", data, "--port", "0", "--json"];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  };
  onTestFinished(kill);
  const [line] = (await once(createInterface(child.stdout as NodeJS.ReadableStream), "line")) as [string];
  const { url } = JSON.parse(line) as { url: string };
  const token = await loadOperatorToken(data);
  return {
    url,
    kill,
    async ask(method, path, body) {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const response = await fetch(`${url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
      expect(response.ok).toBe(true);
      return response.status === 204 ? undefined : response.json();
    },
  };
}

const hello = async (url: string, name: string, invitation?: Uint8Array) => {
  const client = await connectRawClient(url, name);
  const ack = await client.hello(invitation && { invitation });
  client.close();
  return ack;
};

it("what an operator or a client was told holds after a kill -9 in the same moment", async () => {
  const folder = temporaryFolder();
  const first = await serve(folder);
  const issued = (await first.ask("POST", "/api/runs/first/invitations", { count: 2, expiresInMs: 600_000 })) as {
    invitations: { invitation: string }[];
  };
  const [one, other] = issued.invitations.map(({ invitation }) => parseInvitation(invitation));
  await first.ask("POST", "/api/runs", tinyRun("made", { start: true }));
  await first.ask("POST", "/api/runs", tinyRun("gone"));
  await first.ask("POST", "/api/runs/gone/stop", {});
  await first.ask("DELETE", "/api/runs/gone?confirm=gone");
  await first.ask("POST", "/api/runs/made/pause", {});
  expect(await hello(first.url, "a", one)).toMatchObject({ ok: true });
  await first.kill();

  const second = await serve(folder);
  const { runs } = (await second.ask("GET", "/api/runs")) as { runs: { name: string; isPaused: boolean }[] };
  expect(runs).toMatchObject([
    { name: "first", isPaused: false },
    { name: "made", isPaused: true },
  ]);
  expect(await hello(second.url, "a")).toMatchObject({ ok: true });
  expect(await hello(second.url, "b", one)).toMatchObject({ ok: false, code: "INVITATION_USED" });
  const client = await connectRawClient(second.url, "b");
  const racing = client.hello({ invitation: other }).catch(() => undefined); // its answer may never come
  await second.kill();
  client.close();
  await racing;

  const third = await serve(folder);
  // Either it was written or it was not; the invitation lets in this one key, and no other, in both cases.
  expect(await hello(third.url, "b", other)).toMatchObject({ ok: true });
  expect(await hello(third.url, "c", other)).toMatchObject({ ok: false, code: "INVITATION_USED" });
  await third.kill();
});
