import {
  contentHash,
  createLocalTrainer,
  decodeParams,
  type LocalTrainer,
  modelFromDocument,
  nobleSha256,
  parseModelDocument,
  type RunFacts,
} from "headwater";

export interface Predictor {
  /**
   * Class probabilities of one row, [outputSize], by the params of that hash.
   * @throws Error if model or params cannot be had, or are not what their hashes say.
   */
  predict(input: Uint8Array, paramsHash: string): Promise<readonly number[]>;
}

interface Loaded {
  readonly paramsHash: string;
  readonly params: Float32Array;
}

/** Answers with the run's model in this page: the model comes here, the row stays. Fetches params once a version. */
export function createPredictor(run: RunFacts): Predictor {
  let model:
    | Promise<{ readonly trainer: LocalTrainer; readonly decode: (bytes: Uint8Array) => Float32Array }>
    | undefined;
  let loaded: Promise<Loaded> | undefined;
  let loadedHash = "";

  async function loadModel() {
    const document = parseModelDocument(await (await get("api/model")).json());
    const built = modelFromDocument(document);
    // Predicting takes no steps, so the local plan only has to be a plan.
    const plan = { epochs: 1, batchSize: 1, optimizer: { kind: "sgd", learningRate: run.local.learningRate } } as const;
    const trainer = createLocalTrainer({ model: built, plan });
    return { trainer, decode: (bytes: Uint8Array) => decodeParams(built.spec, bytes) };
  }

  async function loadParams(paramsHash: string, decode: (bytes: Uint8Array) => Float32Array): Promise<Loaded> {
    const bytes = new Uint8Array(await (await get(`api/params/${paramsHash}`)).arrayBuffer());
    const got = contentHash(nobleSha256, bytes);
    if (got !== paramsHash) throw new Error(`the params should be ${paramsHash}, but ${got} came`);
    return { paramsHash, params: decode(bytes) };
  }

  return {
    async predict(input, paramsHash) {
      model ??= loadModel();
      const { trainer, decode } = await forgetOnFailure(model, () => (model = undefined));
      if (loadedHash !== paramsHash) {
        loadedHash = paramsHash;
        loaded = loadParams(paramsHash, decode);
      }
      const { params } = await forgetOnFailure(loaded as Promise<Loaded>, () => (loadedHash = ""));
      const row = {
        numExamples: 1,
        inputShape: run.inputShape,
        inputs: input,
        targets: Uint8Array.of(0),
        targetSize: 1,
      };
      return softmax(trainer.predict(params, row));
    },
  };
}

/** What failed once is tried again the next time. */
function forgetOnFailure<T>(promise: Promise<T>, forget: () => void): Promise<T> {
  promise.catch(forget);
  return promise;
}

async function get(address: string): Promise<Response> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return response;
}

function softmax(logits: Float32Array): readonly number[] {
  const highest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
