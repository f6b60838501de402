import * as v from "valibot";
import { WEIGHT_INIT_NAMES } from "../weightInit.ts";
import { realSchema } from "./bounds.ts";

/** How a weight begins: a name, `{ normal: standard deviation }` or `{ constant: value }`. */
export const weightInitSchema = v.union([
  v.picklist(WEIGHT_INIT_NAMES),
  v.strictObject({ normal: v.pipe(v.number(), v.minValue(0), v.maxValue(1e6)) }),
  v.strictObject({ constant: realSchema }),
]);
