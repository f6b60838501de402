import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/base/rng.ts";
import type { Dataset } from "../../../shared/data/dataset.ts";
import { dirichlet } from "../../../shared/data/partition/dirichlet.ts";
import { iid } from "../../../shared/data/partition/iid.ts";
import { labels } from "../../../shared/data/partition/labels.ts";
import { natural } from "../../../shared/data/partition/natural.ts";
import type { Partitioner } from "../../../shared/data/partition/partitioner.ts";
import { quantity } from "../../../shared/data/partition/quantity.ts";
import { shards } from "../../../shared/data/partition/shards.ts";

/** Labels 0, 1, 2, ... classes - 1, 0, 1, ... over `numExamples` rows of one input. */
function labelled(numExamples: number, classes: number): Dataset {
  return {
    numExamples,
    inputShape: [1],
    inputs: new Uint8Array(numExamples),
    targets: Uint8Array.from({ length: numExamples }, (_, row) => row % classes),
    targetSize: 1,
  };
}

/** What every partitioner promises. */
function partitionerContract(name: string, partitioner: Partitioner): void {
  describe(`${name} keeps the contract of partitioners:`, () => {
    it.each([
      [600, 10],
      [103, 7], // does not divide
      [20, 10], // two rows a client
    ])("%i rows over %i clients: every row exactly once, nobody empty", (numExamples, numClients) => {
      const parts = partitioner(labelled(numExamples, 10), numClients, createRng(3));
      expect(parts).toHaveLength(numClients);
      for (const part of parts) expect(part.length).toBeGreaterThan(0);
      const rows = parts.flatMap((part) => [...part]).sort((a, b) => a - b);
      expect(rows).toEqual(Array.from({ length: numExamples }, (_, row) => row));
    });

    it("depends on the seed alone", () => {
      const data = labelled(600, 10);
      expect(partitioner(data, 10, createRng(5))).toEqual(partitioner(data, 10, createRng(5)));
      expect(partitioner(data, 10, createRng(5))).not.toEqual(partitioner(data, 10, createRng(6)));
    });

    it("refuses more clients than rows", () => {
      expect(() => partitioner(labelled(5, 2), 6, createRng(1))).toThrow(RangeError);
    });
  });
}

partitionerContract("iid", iid);
partitionerContract("shards of two a client", shards({ shardsPerClient: 2 }));
partitionerContract("dirichlet", dirichlet({ alpha: 2, minExamples: 1 }));
partitionerContract("quantity", quantity({ alpha: 0.5 }));
partitionerContract("three labels a client", labels({ labelsPerClient: 3 }));
// Data without groups of their own: one for each row.
partitionerContract("natural", (data, numClients, rng) =>
  natural({ ...data, groups: Uint32Array.from({ length: data.numExamples }, (_, row) => row) }, numClients, rng),
);

describe("iid", () => {
  it("deals sizes that differ by at most one", () => {
    const sizes = iid(labelled(103, 10), 7, createRng(1)).map((part) => part.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  });
});

describe("shards", () => {
  it("gives a client two runs of one label each when the shards divide the labels", () => {
    const data = labelled(6000, 10); // 600 of each label, 200 shards of 30
    for (const part of shards({ shardsPerClient: 2 })(data, 100, createRng(2))) {
      expect(part).toHaveLength(60);
      const labels = [...part].map((row) => data.targets[row]);
      expect(new Set(labels.slice(0, 30)).size).toBe(1);
      expect(new Set(labels.slice(30)).size).toBe(1);
    }
  });

  it("refuses regression targets", () => {
    const data: Dataset = { ...labelled(10, 2), targets: new Float32Array(10) };
    expect(() => shards({ shardsPerClient: 1 })(data, 2, createRng(1))).toThrow("class labels");
  });
});

describe("natural", () => {
  const grouped = (groups: readonly number[]): Dataset => ({
    ...labelled(groups.length, 2),
    groups: Uint32Array.from(groups),
  });

  it("gives a client one group each, in the order of their numbers, when there are as many", () => {
    const parts = natural(grouped([7, 3, 7, 9, 3]), 3, createRng(1));
    expect(parts.map((part) => [...part])).toEqual([[1, 4], [0, 2], [3]]);
  });

  it("keeps a group whole when clients share the groups out, and numbers of groups within one", () => {
    const groups = Array.from({ length: 60 }, (_, row) => (row * 7) % 10);
    const parts = natural(grouped(groups), 4, createRng(1));
    const owned = parts.map((part) => new Set([...part].map((row) => groups[row])));
    expect(owned.map((own) => own.size).sort()).toEqual([2, 2, 3, 3]);
    expect(new Set(owned.flatMap((own) => [...own])).size).toBe(10);
  });

  it("refuses data without groups and more clients than groups", () => {
    expect(() => natural(labelled(5, 2), 2, createRng(1))).toThrow('"natural" expected data with groups');
    expect(() => natural(grouped([0, 0, 1]), 3, createRng(1))).toThrow(RangeError);
  });
});
