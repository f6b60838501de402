import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXAMPLE_RUN, parseRunText } from "../../../client/pages/lib/runText.ts";
import { parseRunDocument } from "../../../server/serve/runFile.ts";

describe("the example of a run file on the page", () => {
  it("is the one that the documentation shows", () => {
    const text = readFileSync(new URL("../../../docs/runs.md", import.meta.url), "utf8");
    expect(text).toContain(`\`\`\`json\n${EXAMPLE_RUN}\`\`\``);
  });

  it("is a run file that a coordinator takes as it is", () => {
    expect(parseRunDocument(parseRunText(EXAMPLE_RUN)).plan).toMatchObject({ name: "my-run", rounds: 50 });
  });
});

it.each([
  ["half a document", '{ "name": ', /expected JSON/],
  ["nothing", "", /expected JSON/],
  ["a list", "[]", /expected an object/],
  ["null", "null", /expected an object/],
  ["a number", "7", /expected an object/],
])("takes no %s for a run file, and says what one is", (_, text, message) => {
  expect(() => parseRunText(text)).toThrow(message);
});
