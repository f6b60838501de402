import { createHash } from "node:crypto";
import { unlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/**
 * Takes an identity for this process: two clients under one key would only push each other out of the coordinator.
 * The lock is a local socket that nobody speaks on, so it goes with the process, however that dies; a socket file left
 * behind by a killed one answers nobody and is replaced. Returns undefined if another process holds it.
 */
export async function lockIdentity(path: string): Promise<(() => Promise<void>) | undefined> {
  const name = `headwater-${createHash("sha256").update(resolve(path)).digest("hex").slice(0, 32)}`;
  const address = process.platform === "win32" ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
  const first = await listen(address);
  if (first !== undefined) return closerOf(first);
  if (await answers(address)) return undefined;
  await unlink(address).catch(ignoreMissing);
  const second = await listen(address);
  return second === undefined ? undefined : closerOf(second);
}

/** The listening socket, or undefined if the address is taken. It does not keep the process alive. */
function listen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(address, () => resolve(server.unref()));
  });
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function closerOf(server: Server): () => Promise<void> {
  return () => new Promise((resolve) => server.close(() => resolve()));
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
