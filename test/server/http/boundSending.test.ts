import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { expect, it, vi } from "vitest";
import { boundSending } from "../../../server/http/boundSending.ts";

/** Begins answers under a bound of 20 bytes; `cut` has the names of those that were ended. */
function start(isHeld?: (buffer: ArrayBufferLike) => boolean) {
  const cut: string[] = [];
  const onExcess = vi.fn();
  const begin = boundSending(20, onExcess, isHeld);
  const answer = (name: string, ...parts: readonly Uint8Array[]): ServerResponse => {
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    begin(Object.assign(response, { destroy: () => cut.push(name) }), parts);
    return response;
  };
  return { answer, cut, onExcess, begin };
}

const bytes = (length = 10): Uint8Array => new Uint8Array(length);

it("ends all answers of the body that was begun first, and no other, where a new one finds no room", () => {
  const { answer, cut, onExcess } = start();
  const [first, second, third] = [bytes(), bytes(), bytes()];
  answer("first", first);
  answer("second", second);
  answer("first again", first);
  expect(cut).toEqual([]);
  answer("third", third);
  expect(cut).toEqual(["first", "first again"]);
  expect(onExcess).toHaveBeenCalledTimes(2);
});

it("counts a body once, however many answers send it, and views of it as the whole that they hold", () => {
  const { answer, cut } = start();
  const shared = bytes(15);
  for (let i = 0; i < 100; i++) answer("shared", shared.subarray(i % 15));
  answer("small", bytes(5));
  expect(cut).toEqual([]);
  answer("more", bytes(1));
  expect(cut).toEqual(Array(100).fill("shared"));
});

it("has room again when the last answer of a body is over", () => {
  const { answer, cut } = start();
  const first = bytes();
  const [one, other] = [answer("first", first), answer("first again", first)];
  answer("second", bytes());
  one.emit("close");
  other.emit("close");
  answer("third", bytes());
  expect(cut).toEqual([]);
});

it("sends a body larger than the bound alone, as often as it is asked for", () => {
  const { answer, cut } = start();
  const large = bytes(100);
  answer("before", bytes());
  answer("large", large);
  answer("large again", large);
  expect(cut).toEqual(["before"]);
  answer("after", bytes());
  expect(cut).toEqual(["before", "large", "large again"]);
});

it("lets an answer go once: what it hears of its end later frees nothing more", () => {
  const { answer, cut } = start();
  const first = answer("first", bytes());
  answer("second", bytes());
  answer("third", bytes());
  first.emit("close");
  answer("fourth", bytes());
  expect(cut).toEqual(["first", "second"]);
});

it("leaves a new answer of several parts the parts that it shares with older ones", () => {
  const { answer, cut } = start();
  const [head, before, now] = [bytes(), bytes(5), bytes(5)];
  answer("old", head, before);
  answer("new", head, now); // 20 bytes in three parts
  answer("newer", head, now, bytes(1));
  expect(cut).toEqual(["old"]);
});

it("holds nothing for a peer that is gone before its answer begins", () => {
  const { answer, begin, cut, onExcess } = start();
  const gone = new ServerResponse(new IncomingMessage(new Socket()));
  gone.destroy();
  begin(gone, [bytes(20)]);
  answer("first", bytes(20));
  expect(cut).toEqual([]);
  expect(onExcess).not.toHaveBeenCalled();
});

it("neither counts nor ends what the process holds anyway, as long as it does", () => {
  const current = bytes();
  let isCurrent = true;
  const { answer, cut } = start((buffer) => isCurrent && buffer === current.buffer);
  answer("current", current);
  answer("old", bytes());
  answer("older", bytes());
  expect(cut).toEqual([]);
  answer("oldest", bytes());
  expect(cut).toEqual(["old"]);
  isCurrent = false;
  answer("new", bytes());
  expect(cut).toEqual(["old", "current", "older"]);
});
