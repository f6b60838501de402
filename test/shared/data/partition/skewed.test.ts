import { describe, expect, it } from "vitest";
import { createRng } from "../../../../shared/base/rng.ts";
import type { Dataset } from "../../../../shared/data/dataset.ts";
import { dirichlet } from "../../../../shared/data/partition/dirichlet.ts";
import { labels } from "../../../../shared/data/partition/labels.ts";
import { quantity } from "../../../../shared/data/partition/quantity.ts";

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

/** Rows of each label that a part holds. */
function labelCounts(data: Dataset, part: Uint32Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const row of part) {
    const label = data.targets[row] as number;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return counts;
}

// With 5 clients and alpha 0.5 a client's share is Beta(0.5, 2): mean 0.2, variance m (1 - m) / 3.5, fourth central moment 3.82
// times the variance squared. Bounds are 5 standard errors (a false alarm of 6e-7 each), and what rounding to rows adds.
const VARIANCE = (0.2 * 0.8) / 3.5;
const varianceOf = (shares: readonly number[]): number =>
  shares.reduce((sum, share) => sum + (share - 0.2) ** 2, 0) / shares.length;
const meanOf = (shares: readonly number[]): number => shares.reduce((sum, share) => sum + share, 0) / shares.length;

describe("dirichlet", () => {
  it("deals each label out by shares of Dirichlet(alpha): 200 splits of 10 labels", () => {
    const data = labelled(10_000, 10);
    const rng = createRng(1, "splits");
    const shares = Array.from({ length: 200 }, () => {
      const [first] = dirichlet({ alpha: 0.5, minExamples: 1 })(data, 5, rng);
      const counts = labelCounts(data, first as Uint32Array);
      return Array.from({ length: 10 }, (_, label) => (counts.get(label) ?? 0) / 1000);
    }).flat();
    expect(Math.abs(meanOf(shares) - 0.2)).toBeLessThan(5 * Math.sqrt(VARIANCE / 2000) + 0.001);
    expect(Math.abs(varianceOf(shares) - VARIANCE)).toBeLessThan(5 * VARIANCE * Math.sqrt(2.82 / 2000) + 0.001);
  });

  it("draws again until every client has its fewest examples", () => {
    const data = labelled(1000, 10);
    const smallest = (minExamples: number, seed: number): number =>
      Math.min(...dirichlet({ alpha: 0.1, minExamples })(data, 10, createRng(seed)).map(({ length }) => length));
    const seeds = [1, 2, 3, 4, 5];
    expect(seeds.some((seed) => smallest(1, seed) < 20)).toBe(true); // otherwise the next line would show nothing
    for (const seed of seeds) expect(smallest(20, seed)).toBeGreaterThanOrEqual(20);
  });

  it("says what to change when no draw is good enough, and when there are too few rows for any", () => {
    const data = labelled(100, 2);
    expect(() => dirichlet({ alpha: 0.001, minExamples: 10 })(data, 10, createRng(1))).toThrow(
      'raise "alpha", or lower "minExamples" or "clients"',
    );
    expect(() => dirichlet({ alpha: 1 })(data, 11, createRng(1))).toThrow('"clients x minExamples"');
  });
});

describe("quantity", () => {
  it("deals the rows that are left after one a client by shares of Dirichlet(alpha): 2,000 splits", () => {
    const data = labelled(405, 3);
    const rng = createRng(2, "splits");
    const shares = Array.from({ length: 2000 }, () => {
      const [first] = quantity({ alpha: 0.5 })(data, 5, rng);
      return ((first as Uint32Array).length - 1) / 400;
    });
    expect(Math.min(...shares)).toBe(0); // who draws next to nothing still has one row
    expect(Math.abs(meanOf(shares) - 0.2)).toBeLessThan(5 * Math.sqrt(VARIANCE / 2000) + 0.0025);
    expect(Math.abs(varianceOf(shares) - VARIANCE)).toBeLessThan(5 * VARIANCE * Math.sqrt(2.82 / 2000) + 0.0025);
  });

  it("leaves the labels alike: a client with half of the rows has half of each label", () => {
    const data = labelled(30_000, 3);
    for (const part of quantity({ alpha: 1 })(data, 4, createRng(3))) {
      // Hypergeometric: the variance is at most n · 1/3 · 2/3; 12 counts at 5 standard deviations.
      for (const count of labelCounts(data, part).values()) {
        expect(Math.abs(count - part.length / 3)).toBeLessThan(5 * Math.sqrt((part.length * 2) / 9) + 1);
      }
    }
  });
});

describe("labels", () => {
  const data = labelled(6000, 10);

  it.each([1, 2, 3, 10])("gives every client exactly %i labels, and one of them by its number", (labelsPerClient) => {
    const parts = labels({ labelsPerClient })(data, 20, createRng(1));
    for (const [client, part] of parts.entries()) {
      const counts = labelCounts(data, part);
      expect(counts.size).toBe(labelsPerClient);
      expect(counts.has(client % 10)).toBe(true);
    }
  });

  it("divides the rows of a label evenly among those who hold it", () => {
    const parts = labels({ labelsPerClient: 3 })(data, 14, createRng(2));
    const held = parts.map((part) => labelCounts(data, part));
    for (let label = 0; label < 10; label++) {
      const counts = held.flatMap((counts) => counts.get(label) ?? []);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(600);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }
  });

  it("draws a client's second label from the nine others alike: 900 splits", () => {
    const small = labelled(200, 10);
    const rng = createRng(3, "splits");
    const counts = new Array<number>(10).fill(0);
    for (let split = 0; split < 900; split++) {
      const [first] = labels({ labelsPerClient: 2 })(small, 10, rng);
      for (const label of labelCounts(small, first as Uint32Array).keys())
        counts[label] = (counts[label] as number) + 1;
    }
    expect(counts[0]).toBe(900);
    // 100 expected of each, standard deviation √(900 · 1/9 · 8/9) = 9.4; nine counts at 5 of them, a false alarm of 5e-6.
    for (const count of counts.slice(1)) expect(Math.abs(count - 100)).toBeLessThan(5 * 9.43);
  });

  it("deals labels that nobody holds to the clients in turn", () => {
    const parts = labels({ labelsPerClient: 1 })(data, 4, createRng(4));
    const held = parts.map((part) => [...labelCounts(data, part).keys()].sort((a, b) => a - b));
    expect(held).toEqual([
      [0, 4, 8],
      [1, 5, 9],
      [2, 6],
      [3, 7],
    ]);
  });

  it("refuses more labels a client than there are, regression targets, and clients that would get nothing", () => {
    expect(() => labels({ labelsPerClient: 11 })(data, 5, createRng(1))).toThrow('"labelsPerClient"');
    const values: Dataset = { ...data, targets: new Float32Array(6000) };
    expect(() => labels({ labelsPerClient: 1 })(values, 5, createRng(1))).toThrow("expected class labels");
    expect(() => dirichlet({ alpha: 1 })(values, 5, createRng(1))).toThrow("expected class labels");
    expect(() => labels({ labelsPerClient: 1 })(labelled(20, 10), 30, createRng(1))).toThrow("use fewer clients");
  });
});
