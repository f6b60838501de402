import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { socketConnection } from "../../../client/core/socketConnection.ts";
import { plainText } from "../../../shared/base/plainText.ts";
import { parseReject } from "../../../shared/protocol/reject.ts";

const httpServer = createServer();
const io = new Server(httpServer, { perMessageDeflate: true });
let url: string;
let refuseWith: string | undefined;
let greet: unknown;

beforeAll(async () => {
  io.use((_, next) => (refuseWith === undefined ? next() : next(new Error(refuseWith))));
  io.on("connection", (socket) => socket.emit("challenge", greet));
  await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
});

beforeEach(() => {
  refuseWith = undefined;
  greet = { small: true };
});

afterAll(() => io.close());

/** What the client hears first once it is connected, or why it never was. */
function firstNews(): Promise<string> {
  return new Promise((resolve) => {
    const connection = socketConnection({ url })({
      connected: () => {},
      message: (name) => {
        resolve(`message ${name}`);
        connection.close();
      },
      lost: (reason) => resolve(`lost: ${reason}`),
    });
  });
}

describe("against a hostile coordinator, a client", () => {
  it("hears a frame within the limit", async () => {
    expect(await firstNews()).toBe("message challenge");
  });

  it("drops the connection at a frame beyond the limit, unread", async () => {
    greet = { long: "x".repeat(300 * 1024) };
    expect(await firstNews()).toMatch(/^lost: disconnected/);
  });

  it("asks for no compression, and so gets no frame that unpacks to more than it is", async () => {
    const offered = new Promise((resolve) =>
      io.engine.once("connection", ({ request }) => resolve(request.headers["sec-websocket-extensions"])),
    );
    await firstNews();
    expect(await offered).toBeUndefined();
  });

  it("shows the reason of a refused connection as one short line without control characters", async () => {
    refuseWith = `\u001b]52;c;ZXZpbA==\u0007\n${"y".repeat(5000)}`;
    const news = await firstNews();
    expect(news).not.toMatch(/\p{Cc}/u);
    expect(news.length).toBeLessThanOrEqual(600);
  });

  it("reads a rejection's words without control characters", () => {
    const { message } = parseReject({ code: "INTERNAL", message: "sorry\u001b[2J\u009b31m\r\nuser@host:~$ " });
    expect(message).toBe("sorry [2J 31m  user@host:~$ ");
  });
});

it("shortens words before it cleans them, and leaves letters of any script alone", () => {
  expect(plainText("Größe 東京 \u0000!", 9)).toBe("Größe 東京 ");
  expect(plainText("\u0007".repeat(3), 2)).toBe("  ");
});
