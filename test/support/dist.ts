/** URL of a built file, for instance `distUrl("cli/headwater.js")`: workers and commands run from dist/, tests from source. */
export function distUrl(pathFromRoot: string): URL {
  return new URL(`../../dist/${pathFromRoot}`, import.meta.url);
}
