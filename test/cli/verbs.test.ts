import type { Command } from "commander";
import { expect, it } from "vitest";
import { verbsFor } from "../../cli/verbs.ts";

function helpOf(verb: Command): string {
  let text = "";
  verb.configureOutput({
    writeOut(part) {
      text += part;
    },
  });
  verb.outputHelp();
  return text;
}

/** A verb and the verbs in it, each with what is typed to come to it. */
function below(verb: Command, path: string): [string, Command][] {
  const typed = `${path} ${verb.name()}`;
  return [[typed, verb], ...verb.commands.flatMap((inner) => below(inner, typed))];
}

const verbs = (await verbsFor(undefined)).flatMap((verb) => below(verb, "headwater"));

it.each(verbs)("shows in the help of `%s` an example, with flags that there are", (typed, verb) => {
  const [, examples = ""] = helpOf(verb).split("\nExample:\n");
  const lines = examples.trimEnd().split("\n");
  for (const line of lines) expect(line).toMatch(new RegExp(`^  ${typed}( |$)`));
  const known = below(verb, "").flatMap(([, each]) => each.options.map(({ long }) => long));
  const used = lines.flatMap((line) => line.match(/(?<= )--[a-z-]+/g) ?? []);
  expect(used.filter((flag) => !known.includes(flag))).toEqual([]);
});
