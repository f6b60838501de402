import { DataFormatError } from "../dataFormatError.ts";

/** What one character of a play says. */
export interface Role {
  readonly play: string;
  readonly role: string;
  readonly lines: readonly string[];
}

/**
 * Reads roles from JSON lines, `{ "play": ..., "role": ..., "lines": [...] }` each; empty lines are passed over.
 * @throws DataFormatError with the line, or if there is no role.
 */
export function parseRoles(text: string): Role[] {
  const roles: Role[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() !== "") roles.push(parseRole(line, at + 1));
  }
  if (roles.length === 0) throw new DataFormatError("roles expected at least one JSON line, got an empty file");
  return roles;
}

function parseRole(line: string, number: number): Role {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    throw new DataFormatError(`roles line ${number} cannot be parsed: ${(error as Error).message}`, { cause: error });
  }
  const { play, role, lines } = (typeof json === "object" && json !== null ? json : {}) as Record<string, unknown>;
  if (typeof play !== "string" || typeof role !== "string" || !isTexts(lines)) {
    throw new DataFormatError(
      `roles line ${number} expected "play" and "role" as texts and "lines" as a list of texts, got ${line.slice(0, 60)}`,
    );
  }
  return { play, role, lines };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((line) => typeof line === "string");
}
