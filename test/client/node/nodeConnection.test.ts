import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { Server } from "socket.io";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeConnection } from "../../../client/node/nodeConnection.ts";

const pem = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url)), "utf8");
let answer = (end: () => void): void => end();
const httpServer = createServer({ cert: pem("first.cert"), key: pem("first.key") }, (_, response) =>
  answer(() => response.end()),
);
const io = new Server(httpServer);
let refuseWith: string | undefined;
let url: string;

beforeAll(async () => {
  io.use((_, next) => (refuseWith === undefined ? next() : next(new Error(refuseWith))));
  await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  url = `https://127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
});

afterAll(() => io.close());

/** What a client hears first. */
function firstNews(address: string, ca?: string): Promise<string> {
  return new Promise((resolve) => {
    const connection = nodeConnection({ url: address, ca })({
      connected() {
        resolve("connected");
        connection.close();
      },
      message() {},
      lost: (reason) => resolve(`lost: ${reason}`),
    });
  });
}

describe("a connection from Node", () => {
  it("says that a certificate is not trusted, and the way out", async () => {
    expect(await firstNews(url)).toMatch(/^lost: .* its certificate is not trusted here; name it, .* with --ca FILE/);
    expect(await firstNews(url, pem("first.cert"))).toBe("connected");
  });

  it("says that nothing answers at the address", async () => {
    expect(await firstNews("http://127.0.0.1:1/runs/mine")).toMatch(
      /^lost: no coordinator answers at http:\/\/127\.0\.0\.1:1\/ /,
    );
  });

  it("leaves the word to a coordinator that answers", async () => {
    refuseWith = "no room";
    expect(await firstNews(url, pem("first.cert"))).toMatch(/^lost: cannot connect to .*: no room$/);
  });

  it("is not heard of again once it is closed, though the answer is still to come", async () => {
    refuseWith = "no room";
    const asked = new Promise<() => void>((resolve) => {
      answer = (end) => resolve(end);
    });
    const heard: string[] = [];
    const handlers = { connected() {}, message() {}, lost: (reason: string) => void heard.push(reason) };
    const connection = nodeConnection({ url, ca: pem("first.cert") })(handlers);
    const end = await asked;
    connection.close();
    answer = (now) => now();
    end();
    await firstNews(url, pem("first.cert"));
    expect(heard).toEqual([]);
  });
});
