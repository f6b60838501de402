import { expect, it } from "vitest";
import { createReaderWatch } from "../../../server/transport/readerWatch.ts";
import { createVirtualClock } from "../../support/virtualClock.ts";

interface Peer {
  bytes: number;
  packets: number;
}

function scene(count: number) {
  const clock = createVirtualClock();
  const peers = Array.from({ length: count }, (): Peer => ({ bytes: 0, packets: 0 }));
  const evicted: Peer[] = [];
  const watch = createReaderWatch<Peer>({
    clock,
    peers: () => peers.filter((peer) => !evicted.includes(peer)),
    unreadOf: (peer) => peer,
    evict: (peer) => void evicted.push(peer),
    limits: { maxUnreadBytes: 100, maxUnreadPackets: 5, maxTotalUnreadBytes: 250, stalledMs: 8000 },
  });
  watch.watch();
  return { clock, peers: peers as [Peer, ...Peer[]], evicted, watch };
}

it("cuts off a peer with too many bytes or packets unread, and no other", () => {
  const { peers, evicted, watch } = scene(3);
  const [heavy, many, fine] = peers as unknown as [Peer, Peer, Peer];
  heavy.bytes = 101;
  many.packets = 6;
  fine.bytes = 100;
  expect([heavy, many, fine].map((peer) => watch.maySend(peer))).toEqual([false, false, true]);
  expect(evicted).toEqual([heavy, many]);
});

it("cuts off whoever has anything unread once all together have too much, and spares those who read", () => {
  const { clock, peers, evicted, watch } = scene(4);
  peers.slice(1).forEach((peer) => {
    peer.bytes = 90;
  });
  clock.advance(100); // the sum is at most this old
  expect(watch.maySend(peers[0])).toBe(true);
  expect(watch.hasRoom(peers[0], 1, 100)).toBe(false);
  expect(watch.maySend(peers[1] as Peer)).toBe(false);
  clock.advance(100);
  expect(watch.maySend(peers[2] as Peer)).toBe(true); // 180 of 250 are left
  expect(evicted).toEqual([peers[1]]);
});

it("finds room beside what is unread already", () => {
  const { peers, watch } = scene(1);
  peers[0].bytes = 60;
  expect([40, 41].map((numBytes) => watch.hasRoom(peers[0], numBytes, 100))).toEqual([true, false]);
});

it("cuts off a peer that has read nothing for long, within a quarter more, but not a slow one", () => {
  const { clock, peers, evicted } = scene(2);
  const [deaf, slow] = peers as unknown as [Peer, Peer];
  deaf.bytes = 1;
  slow.bytes = 90;
  for (let second = 1; second <= 10; second++) {
    clock.advance(1000);
    slow.bytes -= 5;
    if (second < 9) expect(evicted).toEqual([]);
  }
  expect(evicted).toEqual([deaf]);
});

it("stops looking when nobody is there", () => {
  const { clock, peers } = scene(1);
  peers.pop();
  clock.advance(60_000);
  expect(clock.numScheduled).toBe(0);
});
