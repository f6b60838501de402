import type { VerifyProblem } from "./verifyReport.ts";

const MAX_KEPT = 100;

/** Collects what is wrong while a replay goes on. */
export interface Problems {
  readonly kept: readonly VerifyProblem[];
  readonly count: number;
  add(seq: number | null, message: string): void;
  /** Notes a problem unless both are equal; returns whether they are. */
  expectEqual(seq: number, name: string, expected: unknown, got: unknown): boolean;
  /** Runs a check that throws; notes what it throws and returns undefined then. */
  attempt<T>(seq: number, check: () => T): T | undefined;
}

export function createProblems(): Problems {
  const kept: VerifyProblem[] = [];
  let count = 0;
  const add = (seq: number | null, message: string): void => {
    count++;
    if (kept.length < MAX_KEPT) kept.push({ seq, message });
  };
  return {
    kept,
    get count() {
      return count;
    },
    add,
    expectEqual(seq, name, expected, got) {
      if (expected === got) return true;
      add(seq, `"${name}" expected ${expected}, got ${got}`);
      return false;
    },
    attempt(seq, check) {
      try {
        return check();
      } catch (error) {
        add(seq, (error as Error).message);
        return undefined;
      }
    },
  };
}
