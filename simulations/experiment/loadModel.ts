import { readFileSync } from "node:fs";
import type { Dataset } from "../../shared/data/dataset.ts";
import { numElements } from "../../shared/graph/shape.ts";
import { loraModel } from "../../shared/models/lora/loraModel.ts";
import type { Model } from "../../shared/models/model.ts";
import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../shared/models/parseModelDocument.ts";
import { personaliseModel } from "../../shared/models/personaliseModel.ts";
import { ZOO_MODEL_NAMES, type ZooSizes, zooModel } from "../../shared/models/zoo.ts";
import type { Experiment } from "./experiment.ts";
import { UsageError } from "./usageError.ts";

type NamedModel = Pick<Experiment, "model" | "lora" | "personal">;

/**
 * The model that an experiment names: of the zoo ({ "zoo": name, size: number } where its sizes follow the data), from a file (a
 * name that ends in .json), or given inline; adapted if the experiment says so.
 * @throws UsageError if there is none, its document is wrong, or the data does not fit it.
 */
export function loadModel(experiment: NamedModel, train: Dataset): Model {
  const model = namedModel(experiment);
  checkFit(model, train);
  return model;
}

/** `loadModel`, whatever the data. */
export function namedModel({ model: named, lora, personal }: NamedModel): Model {
  let model = readModel(named);
  if (lora) model = changed("lora", () => loraModel(model.document, lora));
  if (personal) model = changed("personal", () => modelFromDocument(personaliseModel(model.document, personal)));
  return model;
}

/** @throws UsageError if the model cannot read the data's inputs or has no place for its labels. */
export function checkFit(model: Model, train: Dataset): void {
  const { shape } = model.document.input;
  const expected = numElements(shape);
  const given = numElements(train.inputShape);
  if (given !== expected) {
    throw new UsageError(`"model" takes inputs of [${shape}] (${expected} values), the data has ${given} an example`);
  }
  const numClasses = model.loss.targets(1, model.outputShape)?.numClasses;
  if (numClasses !== undefined) {
    let highest = 0;
    for (const label of train.targets) highest = Math.max(highest, label);
    if (highest >= numClasses)
      throw new UsageError(`"model" has ${numClasses} classes, the data has a label ${highest}`);
  }
}

/** @throws UsageError that names the member of the experiment whose change of the model cannot be made. */
function changed(member: string, change: () => Model): Model {
  try {
    return change();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`"${member}": ${error.message}`, { cause: error });
  }
}

function readModel(named: Experiment["model"]): Model {
  try {
    if (typeof named !== "string") {
      const { zoo, ...sizes } = named;
      return typeof zoo === "string" ? zooModel(zoo, sizes as ZooSizes) : modelFromDocument(parseModelDocument(named));
    }
    if (!named.endsWith(".json")) return zooModel(named);
    return modelFromDocument(parseModelDocument(JSON.parse(readFileSync(named, "utf8"))));
  } catch (error) {
    const hint = typeof named === "string" && !named.endsWith(".json") ? "" : ` (zoo: ${ZOO_MODEL_NAMES.join(", ")})`;
    throw new UsageError(`${(error as Error).message}${hint}`, { cause: error });
  }
}
