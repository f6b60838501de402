import type { Shape } from "../../graph/tensor.ts";
import type { ElementMap } from "./elementMap.ts";

/** Neighbouring elements of an array of PyTorch's that belong to one array of ours. */
export interface TorchPart {
  /** Our array, by the name of its entry. */
  readonly own: string;
  readonly map: ElementMap;
  /**
   * Whether another part holds the same elements, to which these are added: PyTorch's second bias of a recurrent layer. On the
   * way there they are 0.
   */
  readonly isAdded?: boolean;
}

/** One array of a PyTorch state, in parts that follow each other. */
export interface TorchArray {
  /** Within the state_dict: "layers.0.weight". */
  readonly name: string;
  readonly shape: Shape;
  readonly parts: readonly TorchPart[];
}

/** An array that is one of ours, in PyTorch's layout. */
export function torchArray(name: string, own: string, map: ElementMap): TorchArray {
  return { name, shape: map.shape, parts: [{ own, map }] };
}
