import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { createWebServer, type WebServer } from "../../../server/http/webServer.ts";
import type { TrustProxy } from "../../../server/transport/trustedProxy.ts";

let web: WebServer | undefined;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise((resolve) => web?.httpServer.close(resolve));
});

async function start(maxPerAddress: number, trustProxy: TrustProxy = false) {
  let numRefused = 0;
  web = createWebServer({
    answer: (_request, response) => response.end("hello"),
    peers: { maxPerAddress: () => maxPerAddress, trustProxy },
    onFull: () => numRefused++,
  });
  const { httpServer } = web;
  await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  const open = (): Socket => {
    const socket = connect((httpServer.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
    sockets.push(socket);
    return socket;
  };
  return { open, refused: () => numRefused };
}

/** The answer to a request, "" if the connection ended without one. */
function ask(socket: Socket): Promise<string> {
  socket.write("GET / HTTP/1.1\r\nhost: here\r\n\r\n");
  return new Promise((resolve) => {
    socket.once("data", (bytes) => resolve(String(bytes)));
    socket.once("close", () => resolve(""));
  });
}

it("lets one address hold so many connections and no more, so that others find room", async () => {
  const { open, refused } = await start(2);
  const [first] = [open(), open()] as [Socket, Socket];
  expect(await ask(first)).toMatch(/^HTTP\/1.1 200/);
  expect(await ask(open())).toBe("");
  expect(refused()).toBe(1);
  first.destroy();
  while ((await ask(open())) === ""); // the server hears of it a moment later
});

it("counts no connections of a proxy that is believed: they are those of many", async () => {
  const { open } = await start(1, ["127.0.0.0/8"]);
  open();
  expect(await ask(open())).toMatch(/^HTTP\/1.1 200/);
});
