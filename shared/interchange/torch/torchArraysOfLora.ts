import type { Shape } from "../../graph/tensor.ts";
import { LORA_A, LORA_B } from "../../nn/layers/structure/lora.ts";
import { asItIs, permuteAxes, takeRows } from "./elementMap.ts";
import { type TorchArray, torchArray } from "./torchArray.ts";

/**
 * Adapters as two nn.Linear without bias next to what they adapt, "lora_A" and "lora_B" as PEFT names them: `w.loraA` [in, rank]
 * is "lora_A.weight" [rank, in]; those of another array than `w` keep its name before that.
 */
export function loraArrays(path: string, arrays: ReadonlyMap<string, Shape>, order?: ArrayLike<number>): TorchArray[] {
  return [...arrays].flatMap(([own, shape]) => {
    const suffix = [LORA_A, LORA_B].find((ending) => own.endsWith(ending));
    if (!suffix) return [];
    const adapted = own.slice(0, -suffix.length).replace(/(^|\.)w$/, "$1");
    const before = adapted && !adapted.endsWith(".") ? `${adapted}.` : adapted;
    const name = `${path}.${before}${suffix === LORA_A ? "lora_A" : "lora_B"}.weight`;
    const map = asItIs(shape);
    const rows = order && suffix === LORA_A ? takeRows(map, order) : map;
    return torchArray(name, `${path}.${own}`, permuteAxes(rows, [1, 0]));
  });
}

/** Whether an array is one of an adapter's. */
export function isAdapter(array: string): boolean {
  return array.endsWith(LORA_A) || array.endsWith(LORA_B);
}
