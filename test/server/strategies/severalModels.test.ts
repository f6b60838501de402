import { describe, expect, it } from "vitest";
import { createStrategy } from "../../../server/strategies/createStrategy.ts";
import type { ServerState } from "../../../server/strategies/strategy.ts";
import { contribution } from "../../support/contribution.ts";
import { afterRound, strategyOf, strategyPlan } from "../../support/strategyPlan.ts";

const vector = (value: number): Float32Array => Float32Array.of(value);

describe("ifca", () => {
  it("begins its further models with draws of their own where it is given any, else scatters the first", () => {
    const plan = strategyPlan({ kind: "ifca", clusters: 3 });
    const furtherStart = (name: string): Float32Array => Float32Array.of(name === "cluster1" ? 5 : 7);
    const drawn = createStrategy(plan, 1, { furtherStart }).init(Float32Array.of(1));
    expect([...drawn.vectors]).toEqual([
      ["cluster1", Float64Array.of(5)],
      ["cluster2", Float64Array.of(7)],
    ]);
    const scattered = createStrategy(plan, 1).init(Float32Array.of(1));
    expect(scattered.vectors.get("cluster1")).not.toEqual(scattered.vectors.get("cluster2"));
  });

  const strategy = strategyOf({ kind: "ifca", clusters: 2 }, 1);
  const update = (clientId: string, delta: number, cluster: number, weight = 1) =>
    contribution({ clientId, weight, delta: vector(delta), parts: new Map([["cluster", vector(cluster)]]) });

  it("moves each model by the weighted mean of those who chose it, and no other", async () => {
    const three = strategyOf({ kind: "ifca", clusters: 3 }, 1);
    const start: ServerState = {
      params: vector(10),
      vectors: new Map([
        ["cluster1", Float64Array.of(20)],
        ["cluster2", Float64Array.of(30)],
      ]),
    };
    const { params, vectors } = await afterRound(three, start, [
      update("a", 1, 0, 1),
      update("b", 5, 0, 3),
      update("c", -8, 2),
    ]);
    expect(params[0]).toBe(14); // 10 + (1·1 + 3·5) / 4
    expect(vectors).toEqual(
      new Map([
        ["cluster1", Float64Array.of(20)],
        ["cluster2", Float64Array.of(22)],
      ]),
    );
    expect([...three.handouts({ params, vectors }, "a").values()]).toEqual([vector(14), vector(20), vector(22)]);
  });

  it("starts all its models from the same running statistics: a variance that is moved may fall below zero", () => {
    const statistics = [{ offset: 1, length: 2 }];
    const withStatistics = createStrategy(strategyPlan({ kind: "ifca", clusters: 8 }), 3, { statistics });
    const { vectors } = withStatistics.init(Float32Array.of(1, 0.001, 0));
    for (const model of vectors.values()) {
      expect(model[0]).not.toBe(1);
      expect(model.subarray(1)).toEqual(Float64Array.of(Math.fround(0.001), 0));
    }
  });

  it("starts its models apart from each other, alike in every run", () => {
    const { params, vectors } = strategy.init(vector(0));
    expect(vectors.get("cluster1")![0]).not.toBe(params[0]);
    expect(strategy.init(vector(0))).toEqual({ params, vectors });
  });

  it("separates two populations whose clients choose the model that fits them", async () => {
    const optima = [-5, 5, -5, 5];
    let state = strategy.init(vector(0.3));
    for (let round = 0; round < 30; round++) {
      const updates = optima.map((optimum, client) => {
        const models = [...strategy.handouts(state, `${client}`).values()].map((model) => model[0]!);
        const errors = models.map((model) => Math.abs(model - optimum));
        const cluster = errors.indexOf(Math.min(...errors));
        return update(`${client}`, 0.5 * (optimum - models[cluster]!), cluster);
      });
      state = await afterRound(strategy, state, updates, round);
    }
    const models = [state.params[0]!, state.vectors.get("cluster1")![0]!].sort((a, b) => a - b);
    expect(models[0]).toBeCloseTo(-5, 5);
    expect(models[1]).toBeCloseTo(5, 5);
  });
});

describe("hierarchical", () => {
  const clients = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const wide = { cohort: { size: 8, overSelection: 1, quorum: 1 } };
  const strategy = strategyOf({ kind: "hierarchical", edges: 2, edgeRounds: 2 }, 1, wide);
  const given = (state: ServerState, clientId: string) => strategy.handouts(state, clientId).get("params")![0]!;

  /** Who is at the edge of client "a": those that get other params after a round in which only "a" moved. */
  async function edges(): Promise<readonly [readonly string[], readonly string[]]> {
    const state = await afterRound(strategy, strategy.init(vector(0)), [
      contribution({ clientId: "a", delta: vector(1) }),
    ]);
    return [clients.filter((id) => given(state, id) === 1), clients.filter((id) => given(state, id) === 0)];
  }

  it("is FedAvg with one round between two agreements, up to rounding", async () => {
    const eager = strategyOf({ kind: "hierarchical", edges: 3, edgeRounds: 1 }, 1, wide);
    const fedAvg = strategyOf({ kind: "fedavg" }, 1, wide);
    const updates = clients.map((clientId, i) => contribution({ clientId, weight: i + 1, delta: vector(0.3 * i - 1) }));
    const start = vector(1.5);
    const { params, vectors } = await afterRound(eager, eager.init(start), updates);
    expect(params[0]).toBeCloseTo((await afterRound(fedAvg, fedAvg.init(start), updates)).params[0]!, 6);
    expect([...vectors.keys()]).toEqual(["agreed", "examples"]);
  });

  it("spreads clients over its edges, each always to the same", async () => {
    const [one, other] = await edges();
    expect(one).toContain("a");
    expect(other.length).toBeGreaterThan(0);
    expect([...one, ...other].sort()).toEqual(clients);
  });

  it("hands a client its edge's params until the edges agree, by the examples of all their rounds", async () => {
    const [[here], [there]] = (await edges()) as unknown as [[string], [string]];
    const update = (clientId: string, delta: number, weight: number) =>
      contribution({ clientId, weight, delta: vector(delta) });
    const first = await afterRound(strategy, strategy.init(vector(0)), [update(here, 4, 1), update(there, -2, 2)], 0);
    expect([given(first, here), given(first, there)]).toEqual([4, -2]);
    expect(first.params[0]).toBe(0); // (1·4 - 2·2) / 3
    const second = await afterRound(strategy, first, [update(here, 4, 4)], 1);
    const agreed = Math.fround((5 * 8 + 2 * -2) / 7); // 1 + 4 examples at 8, 2 at -2
    expect(second.params[0]).toBeCloseTo(agreed, 6);
    expect([given(second, here), given(second, there)]).toEqual([second.params[0], second.params[0]]);
    expect(second.vectors.get("examples")).toEqual(Float64Array.of(0, 0));
  });

  it("leaves an edge without updates where all last agreed, without a say in the mean", async () => {
    const [[here], [there]] = (await edges()) as unknown as [[string], [string]];
    const state = await afterRound(strategy, strategy.init(vector(7)), [
      contribution({ clientId: here, delta: vector(1) }),
    ]);
    expect([state.params[0], given(state, here), given(state, there)]).toEqual([8, 8, 7]);
  });

  it("refuses a plan whose state no commit could store, with the numbers", () => {
    const create = (edgeRounds: number, edges: number, size = 10) =>
      strategyOf({ kind: "hierarchical", edges, edgeRounds }, 2 ** 24, {
        cohort: { size, overSelection: 1, quorum: 1 },
      });
    // 8 bytes for each of 2^24 params are 2^27: sixteen times that is the limit, and there are a header and counts beside.
    expect(() => create(1000, 15)).toThrow(
      /state of <= 2147483648 bytes, got up to 21474\d{5}: 16777216 params of 8 bytes for each of 15 edges, and once more; lower "strategy.edges"/,
    );
    expect(() => create(1000, 14)).not.toThrow();
    expect(() => create(1, 1000)).not.toThrow(); // all agree in each round
    expect(() => create(2, 1000)).not.toThrow(); // no more than ten edges move before they agree
    expect(() => create(2, 1000, 20)).toThrow(/each of 20 edges/);
  });
});
