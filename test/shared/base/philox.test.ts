import { describe, expect, it } from "vitest";
import { philox } from "../../../shared/base/philox.ts";

describe("philox", () => {
  // The known answers that Random123, the authors' library, publishes for philox4x32 with 10 rounds.
  it.each([
    [
      [0, 0],
      [0, 0, 0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [-1, -1],
      [-1, -1, -1, -1],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0xa4093822, 0x299f31d0],
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)("gives the published words for key %j", (key, counter, expected) => {
    expect(philox(key, counter)).toEqual(expected);
  });
});
