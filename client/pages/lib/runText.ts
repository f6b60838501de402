/** What the form for a new run begins with: the run file of docs/runs.md, which works as it is. */
export const EXAMPLE_RUN = `{
  "name": "my-run",
  "model": "softmax-regression",
  "data": { "source": "mnist" },
  "cohort": { "size": 4, "quorum": 1 },
  "rounds": 50
}
`;

/** A run file as a person typed it; what its members may be is for the coordinator to say. @throws TypeError unless it is a JSON object. */
export function parseRunText(text: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new TypeError(`the run file expected JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw new TypeError('the run file expected an object in braces, { "name": ..., "model": ... }');
}
