import { createNodeSigner } from "../../server/crypto/nodeEd25519.ts";
import { nodeSha256 } from "../../server/store/nodeSha256.ts";
import { fromHex } from "../../shared/base/hash.ts";
import { createRng, type Rng, shuffle } from "../../shared/base/rng.ts";
import { createHello } from "../../shared/protocol/checkHello.ts";
import type { SignedUpdate } from "../../shared/protocol/createUpdate.ts";
import {
  encodeUpdateHeader,
  parseUpdateHeader,
  UPDATE_HEADER_TABLE,
  type UpdateHeader,
  updateHeaderHash,
} from "../../shared/protocol/updateHeader.ts";
import { addOrder, forgeForIdentityKey, SMALL_ORDER_KEYS } from "../contract/signature.ts";
import type { Ack, DirectClient, DirectWorld } from "./directWorld.ts";

/** Mallory is a member of the round too; her own updates are never sent whole, so each answer should be a refusal. */
export interface ForgeryScene {
  readonly world: DirectWorld;
  readonly rng: Rng;
  /** An update of an honest member that has its receipt. */
  readonly accepted: SignedUpdate;
}

type Forgery = (scene: ForgeryScene) => Promise<Ack>;

const [HONEST, MALLORY] = [0, 1];
const honest = ({ world }: Pick<ForgeryScene, "world">) => world.clients[HONEST] as DirectClient;
const mallory = ({ world }: Pick<ForgeryScene, "world">) => world.clients[MALLORY] as DirectClient;

/** Mallory's update with header fields changed and signed again: everything but the fields is in order. */
export async function resigned(scene: ForgeryScene, changes: Partial<UpdateHeader>): Promise<SignedUpdate> {
  const update = await mallory(scene).update();
  const header = encodeUpdateHeader({ ...parseUpdateHeader(update.submit.header), ...changes });
  const signature = await mallory(scene).signer.sign(header);
  return {
    ...update,
    submit: { ...update.submit, header, signature },
    headerHash: updateHeaderHash(header, nodeSha256),
  };
}

function flipBit(bytes: Uint8Array, at: number, rng: Rng): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  flipped[at] = (flipped[at] as number) ^ (1 << rng.nextBelow(8));
  return flipped;
}

const randomHash = (rng: Rng): `sha256-${string}` =>
  `sha256-${Array.from({ length: 64 }, () => rng.nextBelow(16).toString(16)).join("")}`;

/** Holds for every message under the key of order 1. */
const FORGED = forgeForIdentityKey((seed) => createNodeSigner(seed).publicKey);

/** Fields that a client may choose; every other one has a single right value. */
const FREE: ReadonlySet<string> = new Set(["weight", "previousReceiptHash"]);
const BOUND = UPDATE_HEADER_TABLE.filter(({ name }) => !FREE.has(name));

/** Each kind of forgery draws its details from the generator. */
export const FORGERIES: Readonly<Record<string, Forgery>> = {
  async "replayed under another connection"(scene) {
    return mallory(scene).send("submit", scene.accepted.submit);
  },
  async "replayed from another run"(scene) {
    const runId = Array.from({ length: 32 }, () => scene.rng.nextBelow(16).toString(16)).join("");
    return mallory(scene).deliver(await resigned(scene, { runId }));
  },
  async "replayed in another round or attempt"(scene) {
    const by = 1 + scene.rng.nextBelow(1000);
    return mallory(scene).deliver(
      await resigned(scene, scene.rng.nextBelow(2) === 0 ? { round: by } : { attempt: by }),
    );
  },
  async "a second update for an answered ticket"(scene) {
    const numExamples = 11 + scene.rng.nextBelow(1000);
    return honest(scene).deliver(await honest(scene).update({ numExamples }));
  },
  async "another model, plan, base or offer"(scene) {
    const field = (["modelHash", "planHash", "baseParamsHash", "offerManifestHash"] as const)[scene.rng.nextBelow(4)];
    return mallory(scene).deliver(await resigned(scene, { [field as string]: randomHash(scene.rng) }));
  },
  async "one bit of a bound field, signed again"(scene) {
    const { offset, bytes } = BOUND[scene.rng.nextBelow(BOUND.length)] as { offset: number; bytes: number };
    const update = await mallory(scene).update();
    const header = flipBit(update.submit.header, offset + scene.rng.nextBelow(bytes), scene.rng);
    const signature = await mallory(scene).signer.sign(header);
    return mallory(scene).deliver({ ...update, submit: { ...update.submit, header, signature } });
  },
  async "one bit of header or signature"(scene) {
    const update = await mallory(scene).update();
    const part = scene.rng.nextBelow(2) === 0 ? "header" : "signature";
    const bytes = update.submit[part];
    const submit = { ...update.submit, [part]: flipBit(bytes, scene.rng.nextBelow(bytes.length), scene.rng) };
    return mallory(scene).deliver({ ...update, submit });
  },
  async "a signature of random bytes"(scene) {
    const update = await mallory(scene).update();
    const signature = Uint8Array.from({ length: 64 }, () => scene.rng.nextBelow(256));
    return mallory(scene).deliver({ ...update, submit: { ...update.submit, signature } });
  },
  async "a malleated signature (S + L)"(scene) {
    const update = await mallory(scene).update({ numExamples: 1 + scene.rng.nextBelow(1000) });
    return mallory(scene).deliver({
      ...update,
      submit: { ...update.submit, signature: addOrder(update.submit.signature) },
    });
  },
  async "a key of small order in the header"(scene) {
    const clientKey = fromHex(SMALL_ORDER_KEYS[scene.rng.nextBelow(SMALL_ORDER_KEYS.length)] as string);
    const update = await resigned(scene, { clientKey });
    const { signature } = FORGED;
    return mallory(scene).deliver({ ...update, submit: { ...update.submit, signature } });
  },
  async "a key of small order in a hello"({ world, rng }) {
    const publicKey = fromHex(SMALL_ORDER_KEYS[rng.nextBelow(SMALL_ORDER_KEYS.length)] as string);
    return world.greet(async (challenge) => ({
      ...(await createHello(challenge, mallory({ world }).signer, { numExamples: 1, software: "forged" })),
      ...{ publicKey, signature: FORGED.signature },
    }));
  },
  async truncated(scene) {
    const { submit } = await mallory(scene).update();
    const part = (["header", "signature", "manifest"] as const)[scene.rng.nextBelow(3)] as keyof typeof submit;
    const cut = submit[part].slice(0, scene.rng.nextBelow(submit[part].length));
    return mallory(scene).send("submit", { ...submit, [part]: cut });
  },
  async "a payload that is not the signed one"(scene) {
    const update = await mallory(scene).update();
    const at = scene.rng.nextBelow(update.payload.length);
    return mallory(scene).deliver({ ...update, payload: flipBit(update.payload, at, scene.rng) });
  },
  async "chunks out of order"(scene) {
    // A header of its own each time: under one header, the chunks that did fit would add up over the cases.
    const { submit, payload } = await mallory(scene).update({ metrics: { trainLoss: scene.rng.nextFloat() } });
    const { ticket } = mallory(scene).offer;
    const starts = [0, 8, 16, 24, 32];
    shuffle(starts, scene.rng);
    if (starts.every((start, i) => start === 8 * i)) starts.reverse();
    await mallory(scene).send("submit", submit);
    const answers: Ack[] = [];
    for (const offset of starts) {
      answers.push(await mallory(scene).send("chunk", { ticket, offset, bytes: payload.slice(offset, offset + 8) }));
    }
    return answers.find(({ ok, receipt }) => ok && receipt !== undefined) ?? (answers.find(({ ok }) => !ok) as Ack);
  },
};

export function forgeryRng(seed: number): Rng {
  return createRng(seed, "forgeries");
}
