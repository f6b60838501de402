import type { NamedArray } from "../../shared/params/parseSafetensors.ts";
import type { ModelDescription } from "./describeModel.ts";

/** A model for people: what goes in and comes out, then its layers and arrays. */
export function modelText(description: ModelDescription): string {
  const { name, input, outputShape, loss, params, sharedParams, flops, layers, arrays } = description;
  const raw = input.scale === 1 && input.offset === 0 ? "" : `, raw · ${digits(input.scale)} + ${digits(input.offset)}`;
  const travelling = sharedParams === params ? "all travel" : `${sharedParams.toLocaleString("en")} travel`;
  const facts = [
    ["input", `[${input.shape.join(", ")}]${raw}`],
    ["output", `[${outputShape.join(", ")}]`],
    ["loss", typeof loss === "string" ? loss : JSON.stringify(loss)],
    ["params", `${params.toLocaleString("en")}, ${travelling}`],
    ["work", `${flops.toLocaleString("en")} FLOP to predict one example`],
    ["hash", description.modelHash],
  ];
  const layerRows = layers.map(({ path, name: layer, outputShape: shape, params: held }) => [
    path,
    layer,
    `[${shape.join(", ")}]`,
    held === 0 ? "" : held.toLocaleString("en"),
  ]);
  const arrayRows = arrays.map(({ name: array, shape, kind, scope }) => [
    array,
    `[${shape.join(", ")}]`,
    kind === "trainable" && scope === "shared" ? "" : `${kind}, ${scope}`,
  ]);
  return [
    `  ${name}`,
    table(facts),
    table([["layer", "", "gives", "params"], ...layerRows], [3]),
    table([["array", "shape", ""], ...arrayRows]),
  ].join("\n\n");
}

/** The arrays of a checkpoint of which nobody knows the model. */
export function arraysText(arrays: ReadonlyMap<string, NamedArray>): string {
  return table([["array", "shape"], ...[...arrays].map(([name, { shape }]) => [name, `[${shape.join(", ")}]`])]);
}

/** Columns as wide as their widest cell; those listed end at the right. */
function table(rows: readonly (readonly string[])[], rightAligned: readonly number[] = []): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (rightAligned.includes(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join("  ");
  return rows.map((row) => `  ${line(row)}`.trimEnd()).join("\n");
}

function digits(value: number): string {
  return String(Number(value.toPrecision(6)));
}
