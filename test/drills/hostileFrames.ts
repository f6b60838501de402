import { CLIENT_EVENTS } from "../../server/transport/connection.ts";
import type { Rng } from "../../shared/base/rng.ts";

/** What a peer writes in one go: a text frame and the binary frames that are to follow it. */
export type Frames = readonly (string | Uint8Array)[];

const pick = <T>(rng: Rng, values: readonly T[]): T => values[rng.nextBelow(values.length)] as T;

const PLACEHOLDERS = [
  '{"_placeholder":true,"num":0}',
  '{"_placeholder":true,"num":1}',
  '{"_placeholder":true,"num":-1}',
  '{"_placeholder":true,"num":1e9}',
  '{"_placeholder":true,"num":"__proto__"}',
  '{"_placeholder":true}',
];

const VALUES = [
  "null",
  "true",
  "-0",
  "1e999",
  "9007199254740993",
  '""',
  '"__proto__"',
  '"\\ud800"',
  '"\\u0000"',
  "[]",
  "{}",
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"then":1}',
  '{"toJSON":1,"length":1e9}',
  ...PLACEHOLDERS,
];

const NAMES = [
  ...CLIENT_EVENTS,
  ...["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener", "error"],
  ...["", "__proto__", "constructor", "toString", "offer", "welcome", "x".repeat(500)],
];

const MEMBERS = ["ticket", "offset", "bytes", "hash", "header", "signature", "manifest", "publicKey", "__proto__", "x"];

function json(rng: Rng): string {
  switch (rng.nextBelow(12)) {
    case 0:
      return pick(rng, VALUES);
    case 1: {
      const depth = rng.nextBelow(4000);
      return pick(rng, ["[", '{"a":'] as const).repeat(depth) + pick(rng, ["", "1", "]".repeat(depth)]);
    }
    case 2:
      return "";
    case 3:
      return `[${Array.from({ length: rng.nextBelow(6) }, () => pick(rng, VALUES)).join(",")}]`;
    case 4:
      return `[${JSON.stringify(pick(rng, NAMES))}]`;
    default: {
      const members = Array.from({ length: rng.nextBelow(5) }, () => `"${pick(rng, MEMBERS)}":${pick(rng, VALUES)}`);
      const extra = rng.nextBelow(8) === 0 ? `,${pick(rng, VALUES)}` : "";
      return `[${JSON.stringify(pick(rng, NAMES))},{${members.join(",")}}${extra}]`;
    }
  }
}

/** A frame of the grammar: Engine.IO type, Socket.IO type, attachments, namespace, acknowledgement id, JSON. */
function textFrame(rng: Rng): string {
  const engine = rng.nextBelow(15) > 0 ? "4" : pick(rng, ["0", "1", "2", "3", "5", "6", "7", "8", "9", "b", " ", ""]);
  const type = rng.nextBelow(8) > 0 ? pick(rng, ["2", "5"]) : String(rng.nextBelow(10));
  const attachments =
    type === "5" || type === "6" || rng.nextBelow(20) === 0
      ? pick(rng, ["0-", "1-", "1-", "2-", "3-", "4-", "11-", "999999999999-", "-1-", "1e3-", "-", "1"])
      : "";
  const namespace =
    rng.nextBelow(10) > 0 ? "" : pick(rng, ["/,", "/admin,", "/__proto__,", "/", `/${"n".repeat(900)},`]);
  const id = rng.nextBelow(3) === 0 ? "" : pick(rng, ["0", "1", "42", "99999999999999999999", "-1", "1.5"]);
  return `${engine}${type}${attachments}${namespace}${id}${json(rng)}`;
}

function mutated(text: string, rng: Rng): string {
  const at = rng.nextBelow(text.length + 1);
  const piece = pick(rng, ["", "\u0000", "\ud800", "-", ",", "[", "}", '"', "9", "\\", "é", text.slice(0, 50)]);
  return text.slice(0, at) + piece + text.slice(at + rng.nextBelow(4));
}

function binaryFrame(rng: Rng): Uint8Array {
  const length = pick(rng, [0, 1, 16, 31, 32, 64, 396, 1000, rng.nextBelow(200_000)]);
  return new Uint8Array(length).fill(rng.nextBelow(256));
}

/** One thing that a hostile peer may say, with none to four attachments, whatever it announced. */
export function hostileFrames(rng: Rng): Frames {
  let text = textFrame(rng);
  for (let left = rng.nextBelow(3); left > 0; left--) text = mutated(text, rng);
  const binaries = /^4?5/.test(text) || rng.nextBelow(20) === 0 ? rng.nextBelow(5) : 0;
  const frames = [text, ...Array.from({ length: binaries }, () => binaryFrame(rng))];
  return rng.nextBelow(30) === 0 ? frames.reverse() : frames;
}
