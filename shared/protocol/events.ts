import type { Accept } from "./accept.ts";
import type { Ack } from "./ack.ts";
import type { Challenge } from "./challenge.ts";
import type { Chunk } from "./chunk.ts";
import type { Commit } from "./commit.ts";
import type { Decline } from "./decline.ts";
import type { DeviceFacts } from "./deviceFacts.ts";
import type { Hello } from "./hello.ts";
import type { Leave } from "./leave.ts";
import type { Offer } from "./offer.ts";
import type { Pace } from "./pace.ts";
import type { ParamsAck } from "./paramsAck.ts";
import type { ParamsRequest } from "./paramsRequest.ts";
import type { Reject } from "./reject.ts";
import type { Rotate } from "./rotation.ts";
import type { RoundProgress } from "./roundProgress.ts";
import type { Submit } from "./submit.ts";
import type { UploadAck } from "./uploadAck.ts";
import type { Welcome } from "./welcome.ts";

/** Socket.IO events from the coordinator to a client, with their payloads. */
export interface CoordinatorEvents {
  readonly challenge: Challenge;
  readonly welcome: Welcome;
  readonly offer: Offer;
  readonly round: RoundProgress;
  readonly commit: Commit;
  readonly reject: Reject;
  readonly pace: Pace;
}

/** Socket.IO events from a client to the coordinator: payload and acknowledgement. */
export interface ClientEvents {
  readonly hello: { readonly payload: Hello; readonly ack: Ack };
  readonly accept: { readonly payload: Accept; readonly ack: Ack };
  readonly decline: { readonly payload: Decline; readonly ack: Ack };
  readonly device: { readonly payload: DeviceFacts; readonly ack: Ack };
  readonly params: { readonly payload: ParamsRequest; readonly ack: ParamsAck };
  readonly submit: { readonly payload: Submit; readonly ack: UploadAck };
  readonly chunk: { readonly payload: Chunk; readonly ack: UploadAck };
  readonly rotate: { readonly payload: Rotate; readonly ack: Ack };
  readonly leave: { readonly payload: Leave; readonly ack: Ack };
}
