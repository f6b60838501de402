import { assertFinite } from "../../base/assert.ts";
import { DataFormatError } from "../dataFormatError.ts";
import type { Role } from "./parseRoles.ts";
import { splitTextDatasets, type TextDatasets, type TextDatasetsOptions } from "./textDatasets.ts";

export interface RoleDatasets extends TextDatasets {
  /** Group g of both datasets is `roles[g]`: a natural client. */
  readonly roles: readonly Role[];
}

/**
 * Next-character prediction with a client a speaking role: of each role's lines the first are trained on and the last share is
 * held out, as the paper does; roles of fewer than two lines are left out. A line ends with a line feed.
 * Source: McMahan et al. 2017, section 3 ("Shakespeare"), arXiv:1602.05629.
 * @throws DataFormatError if no role is left; RangeError unless testFraction is in [0, 0.9].
 */
export function roleDatasets(all: readonly Role[], options: TextDatasetsOptions = {}): RoleDatasets {
  const { testFraction = 0.2 } = options;
  assertFinite("testFraction", testFraction, 0, 0.9);
  const roles = all.filter(({ lines }) => lines.length >= 2);
  if (roles.length === 0) throw new DataFormatError("roles expected at least one with two lines, got none");
  const texts = roles.map(({ lines }) => {
    const cut = Math.max(1, Math.floor((1 - testFraction) * lines.length));
    const joined = (part: readonly string[]): string => part.map((line) => `${line}\n`).join("");
    return { train: joined(lines.slice(0, cut)), test: joined(lines.slice(cut)) };
  });
  return { ...splitTextDatasets(texts, options), roles };
}
