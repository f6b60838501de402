import { Command, Option } from "commander";
import { expect, it } from "vitest";
import { nameVariables } from "../../../cli/verb/environmentNames.ts";

it("names a variable for every option of a verb and of the verbs in it, and keeps a name that is there", () => {
  const inner = new Command("export").option("--max-bytes <n>");
  const verb = new Command("model")
    .option("--no-colour")
    .addOption(new Option("--port <n>").env("HEADWATER_PORT"))
    .addCommand(inner);
  nameVariables(verb);
  expect(verb.options.map(({ envVar }) => envVar)).toEqual(["HEADWATER_MODEL_COLOUR", "HEADWATER_PORT"]);
  expect(inner.options.map(({ envVar }) => envVar)).toEqual(["HEADWATER_MODEL_EXPORT_MAX_BYTES"]);
});

it("lets the variable speak where no flag does, and asks for no deletion by variable", () => {
  const verb = new Command("delete").option("--run <name>", "", "x").option("--confirm <name>");
  nameVariables(verb);
  expect(verb.options.map(({ envVar }) => envVar)).toEqual(["HEADWATER_DELETE_RUN", undefined]);
  process.env.HEADWATER_DELETE_RUN = "digits";
  try {
    expect(verb.parse([], { from: "user" }).opts()).toEqual({ run: "digits" });
    expect(verb.parse(["--run", "y"], { from: "user" }).opts()).toEqual({ run: "y" });
    const times: string[] = [];
    const again = new Command("delete").option("--run <name>", "", (value) => times.push(value));
    nameVariables(again);
    again.parse(["--run", "z"], { from: "user" });
    expect(times).toEqual(["z"]); // a flag is taken once, and the variable not at all
  } finally {
    delete process.env.HEADWATER_DELETE_RUN;
  }
});
