import type { Command, Option } from "commander";

/** What a person has to say each time. */
const NEVER = ["confirm", "force", "yes"];

/**
 * Gives every option of a verb, and of the verbs in it, an environment variable, unless it has one already:
 * `--max-wait` of `join` is HEADWATER_JOIN_MAX_WAIT.
 */
export function nameVariables(verb: Command, prefix = "HEADWATER"): void {
  const own = `${prefix}_${inCapitals(verb.name())}`;
  // Commander looks for a variable only of options that had one when they were added: so they are added once more.
  for (const option of (verb.options as Option[]).splice(0)) {
    for (const source of ["option", "optionEnv"])
      (verb as unknown as NodeJS.EventEmitter).removeAllListeners(`${source}:${option.name()}`);
    const name = option.attributeName();
    if (option.envVar === undefined && !NEVER.includes(name)) option.env(`${own}_${inCapitals(name)}`);
    verb.addOption(option);
  }
  for (const inner of verb.commands) nameVariables(inner, own);
}

/** "maxWait" and "max-wait" -> "MAX_WAIT" */
function inCapitals(name: string): string {
  return name.replace(/[A-Z]/g, "_$&").replaceAll("-", "_").toUpperCase();
}
