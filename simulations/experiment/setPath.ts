import { UsageError } from "./usageError.ts";

type Members = Record<string, unknown>;

/**
 * A copy of a JSON object with one member changed, named by its path: `local.optimizer.learningRate=0.2`. The value is read
 * as JSON, and as plain text where it is none. Members on the way are made if they are missing.
 * @throws UsageError if the assignment has no `=`, or the path leads through something that is no object.
 */
export function setPath(json: unknown, assignment: string): Members {
  const at = assignment.indexOf("=");
  const path = assignment.slice(0, Math.max(at, 0)).split(".");
  if (at < 1 || path.some((key) => key === "" || key === "__proto__")) {
    throw new UsageError(`--set expected path=value, for instance local.epochs=5, got "${assignment}"`);
  }
  return setMember(json, path, readValue(assignment.slice(at + 1)), assignment);
}

function setMember(json: unknown, [key, ...rest]: readonly string[], value: unknown, assignment: string): Members {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new UsageError(`--set ${assignment}: "${key}" would be inside something that is no object`);
  }
  const members = json as Members;
  const name = key as string;
  if (rest.length === 0) return { ...members, [name]: value };
  return { ...members, [name]: setMember(members[name] ?? {}, rest, value, assignment) };
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // --set model=2nn needs no quotes
  }
}
