import { clientStart } from "../../shared/models/clientStart.ts";
import { modelFromDocument } from "../../shared/models/modelFromDocument.ts";
import { parseModelDocument } from "../../shared/models/parseModelDocument.ts";
import { decodeParams } from "../../shared/params/decodeParams.ts";
import { frozenLength } from "../../shared/params/frozenParams.ts";
import { createPredictor, type Prediction } from "../../shared/train/createPredictor.ts";
import { messageOf } from "./messageOf.ts";
import type { ModelFacts, ModelNews, ModelOrder } from "./modelMessage.ts";

/**
 * The worker's side of looking at models: says what a document is and predicts. It is here, and not on the main thread, so that a
 * page holds neither layers nor engine. Hand it each order as it comes.
 */
export function createModelHost(post: (news: ModelNews) => void): (order: ModelOrder) => void {
  let open: ReturnType<typeof openModel> | undefined;

  function predict({ model, params, input }: Extract<ModelOrder, { type: "predict" }>): Prediction {
    const opened = model === undefined ? open : openModel(model);
    if (opened === undefined) throw new TypeError("predicting expected a model first");
    open = undefined; // what follows may rely on the params only if they can be read
    if (params !== undefined) opened.params.set(decodeParams(opened.spec, params));
    open = opened;
    return opened.predictor.predict(input)[0]!;
  }

  return (order) => {
    const { id } = order;
    try {
      if (order.type === "describe") post({ type: "described", id, facts: describe(order.model) });
      else post({ type: "predicted", id, prediction: predict(order) });
    } catch (error) {
      post({ type: "failed", id, message: messageOf(error) });
    }
  };
}

function describe(json: unknown): ModelFacts {
  const document = parseModelDocument(json);
  const { loss, outputShape } = modelFromDocument(document);
  return { document, targets: loss.targets(1, outputShape) };
}

function openModel(json: unknown) {
  const model = modelFromDocument(parseModelDocument(json));
  const { spec, document } = model;
  if (frozenLength(spec) > 0) throw new RangeError(`"${document.name}" has a frozen base, which does not come with it`);
  const params = clientStart(model);
  return { spec, params, predictor: createPredictor({ model, params }) };
}
