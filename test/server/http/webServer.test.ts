import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { RequestListener, ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { afterEach, expect, it } from "vitest";
import { createWebServer, HTTP_LIMITS, type WebServer, type WebServerOptions } from "../../../server/http/webServer.ts";
import type { LimitName } from "../../../server/telemetry/limitNames.ts";
import type { TrustProxy } from "../../../server/transport/trustedProxy.ts";

let web: WebServer | undefined;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise((resolve) => web?.httpServer.close(resolve));
});

const hello: RequestListener = (_request, response) => response.end("hello");

async function serve(options: Partial<WebServerOptions>) {
  const hits: LimitName[] = [];
  web = createWebServer({ answer: hello, onLimit: (limit) => hits.push(limit), ...options });
  const { httpServer } = web;
  await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  const { port } = httpServer.address() as AddressInfo;
  const open = (): Socket => {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    sockets.push(socket);
    return socket;
  };
  return { port, open, hits, httpServer };
}

const start = (maxPerAddress: number, trustProxy: TrustProxy = false) =>
  serve({ peers: { maxPerAddress: () => maxPerAddress, trustProxy } });

/** The answer to a request, "" if the connection ended without one. */
function ask(socket: Socket): Promise<string> {
  socket.write("GET / HTTP/1.1\r\nhost: here\r\n\r\n");
  return new Promise((resolve) => {
    socket.once("data", (bytes) => resolve(String(bytes)));
    socket.once("close", () => resolve(""));
  });
}

it("lets one address hold so many connections and no more, so that others find room", async () => {
  const { open, hits } = await start(2);
  const [first] = [open(), open()] as [Socket, Socket];
  expect(await ask(first)).toMatch(/^HTTP\/1.1 200/);
  expect(await ask(open())).toBe("");
  expect(hits).toEqual(["http-connections"]);
  first.destroy();
  while ((await ask(open())) === ""); // the server hears of it a moment later
});

it("counts no connections of a proxy that is believed: they are those of many", async () => {
  const { open } = await start(1, ["127.0.0.0/8"]);
  open();
  expect(await ask(open())).toMatch(/^HTTP\/1.1 200/);
});

const GET = "GET / HTTP/1.1\r\nhost: here\r\n\r\n";
const untilClosed = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes;
    });
    socket.once("close", () => resolve(text));
  });

it.each([
  ["requests", GET],
  ["requests that Node refuses by itself", "GET / HTTP/1.1\r\n\r\n"],
  ["expectations that nobody meets", "GET / HTTP/1.1\r\nhost: here\r\nexpect: more\r\n\r\n"],
])("ends a connection with more unfinished answers than it may have: %s", async (_, more) => {
  let numAnswered = 0;
  const { open, hits } = await serve({ answer: () => numAnswered++ });
  const socket = open();
  socket.write(GET.repeat(HTTP_LIMITS.maxUnfinishedAnswers) + more.repeat(500));
  await untilClosed(socket);
  expect(numAnswered).toBe(1); // the others wait for their turn
  expect(hits).toEqual(["http-pipelining"]);
});

it("answers so many as it may have, asked at once, in their order and whole", async () => {
  const { open, hits } = await serve({
    answer: (request, response) => response.end(`${request.url} `.repeat(100_000)),
  });
  const socket = open();
  socket.write("GET /a HTTP/1.1\r\nhost: here\r\n\r\nGET /b HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n");
  const text = await untilClosed(socket);
  expect(text.match(/HTTP\/1\.1 200|(\/. )+/g)?.map(({ length }) => length)).toEqual([12, 300_000, 12, 300_000]);
  expect(hits).toEqual([]);
});

const TWO_GETS = "GET /a HTTP/1.1\r\nhost: here\r\n\r\nGET /b HTTP/1.1\r\nhost: here\r\n\r\n";

it("begins an answer when the one before it is finished", async () => {
  const begun: ServerResponse[] = [];
  const { open } = await serve({ answer: (_request, response) => begun.push(response) });
  const socket = open().resume();
  socket.write(TWO_GETS);
  await expect.poll(() => begun.length).toBe(1);
  begun[0]?.write("hel");
  await once(socket, "data"); // what came in the same packet was seen
  expect(begun).toHaveLength(1);
  begun[0]?.end("lo");
  await expect.poll(() => begun.map(({ req }) => req.url)).toEqual(["/a", "/b"]);
});

it.each([
  ["is not ended", () => {}],
  ["is ended afterwards", (response: ServerResponse) => response.once("close", () => response.end())],
])("holds nothing for the requests of a connection that went while its first answer %s", async (_, begin) => {
  const held = new Set<string | undefined>();
  const { open, httpServer } = await serve({
    answer({ url }, response) {
      held.add(url);
      response.once("close", () => held.delete(url));
      response.writeHead(200, { "content-length": 10 }).write("hello");
      begin(response);
    },
  });
  const closed = new Promise<void>((resolve) => {
    httpServer.once("connection", (peer: Socket) => peer.once("close", () => resolve()));
  });
  const socket = open();
  socket.write(TWO_GETS);
  await once(socket, "data");
  socket.destroy();
  await closed;
  await new Promise(setImmediate); // past the ticks in which Node goes on to the next answer
  expect([...held]).toEqual([]);
});

const pem = (name: string): string =>
  readFileSync(new URL(`../../fixtures/tls/first.${name}.pem`, import.meta.url), "utf8");

/** Asks 20 times on one connection; says which local ports it had and what became of the last request. */
const KEEP_ALIVE_CLIENT = `
  const { parentPort, workerData: { scheme, port } } = require("node:worker_threads");
  const { Agent, get } = require("node:" + scheme);
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  const ports = new Set();
  const ask = (left) => {
    const done = (end) => (left > 1 && end === "ok" ? ask(left - 1) : parentPort.postMessage({ end, ports: ports.size }));
    get({ host: "127.0.0.1", port, agent, method: left % 5 === 0 ? "HEAD" : "GET" }, (response) => {
      ports.add(response.socket.localPort);
      response.resume().once("end", () => done("ok"));
    }).on("error", ({ message }) => done(message));
  };
  ask(20);
`;

it.each(["http", "https"])("answers one request after the other on one connection, over %s", async (scheme) => {
  const answer: RequestListener = (_request, response) => {
    setTimeout(() => {
      response.writeHead(200, { "content-length": 5 }).end("hello");
      // Work after it: over TLS the peer's next request is then there before this answer counts as finished.
      for (const start = performance.now(); performance.now() - start < 3; );
    });
  };
  const tls = { cert: pem("cert"), key: pem("key"), minVersion: "TLSv1.2" } as const;
  const { port, hits } = await serve({ answer, ...(scheme === "https" && { tls }) });
  const client = new Worker(KEEP_ALIVE_CLIENT, { eval: true, workerData: { scheme, port } });
  expect(await once(client, "message")).toEqual([{ end: "ok", ports: 1 }]);
  await client.terminate();
  expect(hits).toEqual([]);
});
