// One cohort against a coordinator in this process; started by memory.mjs.
import { joinDirectly, openDirectCoordinator } from "./directClients.mjs";
import { answerParent } from "./pinned.mjs";

answerParent({ start, stop: () => {} });

/** Of the process after a full collection; array buffers count as held, whatever the allocator keeps. */
function held() {
  globalThis.gc();
  globalThis.gc();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rss, held: heapUsed + arrayBuffers };
}

async function start({ model, cohort, aggregator, rounds, directory }) {
  const size = Math.min(cohort, 4000);
  const plan = {
    ...{ name: "memory", rounds: null, deadlineMs: 3_600_000, maxAbsDelta: 100 },
    cohort: { size, quorum: size, overSelection: cohort / size },
    ...(aggregator && { aggregation: aggregator }),
  };
  const world = await openDirectCoordinator({ model, plan, directory });
  const alone = held();
  let offers = [];
  let complete;
  const wait = () =>
    new Promise((resolve) => {
      complete = resolve;
    });
  const onOffer = (client, offer) => {
    offers.push({ client, offer });
    if (offers.length === cohort) complete();
  };
  let offered = wait();
  const joinedAt = performance.now();
  for (let place = 0; place < cohort; place++) await joinDirectly(world, place, onOffer);
  const joinMs = performance.now() - joinedAt;
  await offered;
  const joined = held();
  let within = joined;
  let ingestMs = 0;
  const delta = new Float32Array(world.run.numParams);
  for (let round = 0; round < rounds; round++) {
    const asked = offers;
    offers = [];
    offered = wait();
    for (const [i, { client, offer }] of asked.slice(0, size).entries()) {
      if (i === size - 1) within = held();
      const update = await client.sign(offer, delta.fill(i / 1e6 + round));
      const startedAt = performance.now();
      await client.deliver(offer, update);
      ingestMs += performance.now() - startedAt;
    }
    await offered;
  }
  const maxRss = 1024 * process.resourceUsage().maxRSS;
  return {
    alone,
    joined,
    within,
    ended: held(),
    maxRss,
    joinMs,
    ingestMs: ingestMs / (rounds * size),
    numUpdates: size,
  };
}
