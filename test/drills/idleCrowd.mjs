import WebSocket from "ws";

/**
 * Sockets that are connected and listen, from several addresses of the loopback: next to nothing each, so that thousands
 * fit in a process. Counts what comes.
 */
const { url, count, addresses, offset } = JSON.parse(process.argv[2]);
const sockets = [];
/** Broadcast number -> how many have it, and when the last came. */
const heard = new Map();
let numRefused = 0;

function connect(index) {
  return new Promise((resolve) => {
    const localAddress = `127.0.0.${2 + ((index + offset) % addresses)}`;
    const socket = new WebSocket(`${url}/socket.io/?EIO=4&transport=websocket`, {
      ...{ localAddress, perMessageDeflate: false },
    });
    socket.on("error", () => {
      numRefused++;
      resolve();
    });
    socket.on("open", () => socket.send("40"));
    socket.on("message", (data, isBinary) => {
      if (isBinary) return;
      const text = data.toString();
      if (text === "2") socket.send("3");
      else if (text.startsWith("40")) resolve();
      else {
        const number = Number(/"number":(\d+)/.exec(text)?.[1]);
        if (!number) return;
        // The text announces its bytes: the message is there with its last frame.
        const note = () => {
          const seen = heard.get(number) ?? { count: 0, lastAt: 0 };
          heard.set(number, { count: seen.count + 1, lastAt: Date.now() });
        };
        if (text.startsWith("45")) socket.once("message", note);
        else note();
      }
    });
    sockets.push(socket);
  });
}

const startedAt = performance.now();
/** So many connections are being opened at once. */
const WIDTH = 64;
let next = 0;
await Promise.all(
  Array.from({ length: WIDTH }, async () => {
    while (next < count) await connect(next++);
  }),
);
const seconds = (performance.now() - startedAt) / 1000;

process.on("message", ({ id, ask, number }) => {
  const open = sockets.filter((socket) => socket.readyState === WebSocket.OPEN).length;
  process.send({ id, answer: ask === "heard" ? (heard.get(number) ?? { count: 0, lastAt: 0 }) : { open, numRefused } });
});
process.on("disconnect", () => process.exit());
process.send({ ready: true, seconds, numRefused });
