import { ProtocolError } from "../../shared/base/errors.ts";
import { clientIdOf } from "../../shared/crypto/identity.ts";
import { type Accept, parseAccept } from "../../shared/protocol/accept.ts";
import type { Challenge } from "../../shared/protocol/challenge.ts";
import { checkHello } from "../../shared/protocol/checkHello.ts";
import { parseChunk } from "../../shared/protocol/chunk.ts";
import { parseDecline } from "../../shared/protocol/decline.ts";
import { type DeviceFacts, parseDeviceFacts } from "../../shared/protocol/deviceFacts.ts";
import { type Hello, parseHello } from "../../shared/protocol/hello.ts";
import { parseLeave } from "../../shared/protocol/leave.ts";
import { SIZES } from "../../shared/protocol/limits.ts";
import { parseParamsRequest } from "../../shared/protocol/paramsRequest.ts";
import { parseRotate } from "../../shared/protocol/rotation.ts";
import { parseSubmit } from "../../shared/protocol/submit.ts";
import { ticketText } from "../../shared/protocol/ticket.ts";
import { SUPPORTED_VERSIONS } from "../../shared/protocol/version.ts";
import type { Answer, ClientEvent, Connection, ConnectionHandler } from "../transport/connection.ts";
import type { Client } from "./clients.ts";
import { createParamsAnswers } from "./paramsAnswers.ts";
import type { CoordinatorPorts, CoordinatorTiming, Run } from "./run.ts";
import type { UpdateIntake } from "./updateIntake.ts";

export interface ClientHandlerOptions {
  readonly run: Run;
  readonly ports: CoordinatorPorts;
  readonly timing: CoordinatorTiming;
  readonly intake: UpdateIntake;
  /** Published params, for clients that HTTP does not reach, and what counts their bytes. */
  readonly params: (hash: string) => Promise<Uint8Array | undefined>;
  readonly served: (numBytes: number) => void;
  /** Why no message can be served now; undefined when it can. */
  readonly refusing: () => ProtocolError | undefined;
  readonly onJoin: (client: Client) => void;
  readonly onLeave: (client: Client) => void;
  readonly onDevice: (client: Client, device: DeviceFacts) => void;
  /** The connection is gone; the client may come back. */
  readonly onClosed: (client: Client) => void;
  /** The connection is closed: nobody has proved a key over it in time. */
  readonly onHelloTimeout?: (() => void) | undefined;
  /** @throws ProtocolError if the ticket does not stand for an open assignment of this client. */
  readonly onOfferAnswered: (type: "accepted" | "declined", client: Client, ticket: string) => void;
}

const OK: Answer = { reply: { ok: true } };

/** Speaks with one connection: a signed challenge first, then offers, updates and goodbyes. */
export function handleClient(options: ClientHandlerOptions, connection: Connection): ConnectionHandler {
  const { run, ports, timing, intake } = options;
  const answerParams = createParamsAnswers({ ...options, clock: ports.clock, connection, read: options.params });
  const { admission } = ports;
  let client: Client | undefined;
  let isGreeting = false;
  /** One key a connection: what watches it, and the nonce that it signed, serve no other. */
  let hasGreeted = false;
  let isRotating = false;
  let isClosed = false;
  let farewell: (() => void) | undefined;
  let unwatch: (() => void) | undefined;
  let challenge = sendChallenge();
  /** Runs while the connection has no client: it holds a place that others may need. */
  let cancelPatience = ports.clock.schedule(timing.helloMs, () => {
    options.onHelloTimeout?.();
    connection.disconnect("no valid hello in time");
  });

  function sendChallenge(): Challenge {
    const nonce = new Uint8Array(SIZES.nonce);
    ports.random.fill(nonce);
    const fresh: Challenge = {
      protocolVersions: [...SUPPORTED_VERSIONS],
      nonce,
      runId: run.plan.runId,
      coordinatorKey: ports.signer.publicKey,
    };
    connection.send("challenge", fresh);
    return fresh;
  }

  async function greet(hello: Hello): Promise<Answer> {
    if (hasGreeted || isGreeting) {
      throw new ProtocolError("MALFORMED", "this connection has said hello already");
    }
    const { publicKey, numExamples, software, device, invitation } = hello;
    const id = clientIdOf(publicKey);
    isGreeting = true;
    try {
      checkHello(challenge, hello, ports.verify);
      await admission?.admit(id, invitation);
    } catch (error) {
      challenge = sendChallenge(); // one challenge is good for one attempt
      throw error;
    } finally {
      isGreeting = false;
    }
    if (isClosed) throw new ProtocolError("UNAVAILABLE", "the connection is gone");
    const about = { numExamples, software, ...(device && { device }), keyEpoch: admission?.keyEpoch(id) ?? 0 };
    const joined: Client = { id, connection, ...about };
    unwatch = admission?.watch(id, turnAway);
    client = joined;
    hasGreeted = true;
    cancelPatience();
    return { reply: { ok: true }, afterwards: () => client === joined && options.onJoin(joined) };
  }

  /** It has no client any more and takes no other: it is to go, and is helped if it does not. */
  function expectClose(): void {
    if (isClosed) return;
    cancelPatience();
    cancelPatience = ports.clock.schedule(timing.helloMs, () => connection.disconnect("it has no client any more"));
  }

  /** Its key may no longer take part: what it was asked is given back, and it goes. */
  function turnAway({ code, message }: ProtocolError): void {
    if (client !== undefined) options.onLeave(client);
    client = undefined;
    farewell = () => {
      connection.send("reject", { code, message });
      connection.disconnect(message);
    };
    if (!isRotating) farewell();
  }

  async function rotate(payload: unknown): Promise<Answer> {
    const { id } = authenticated();
    if (admission === undefined) throw new ProtocolError("UNAVAILABLE", "keys do not rotate here");
    isRotating = true; // its key is shut out by its own word: it hears the answer first
    try {
      await admission.rotate(id, parseRotate(payload));
    } catch (error) {
      // Its key was shut out until that could not be written, and its assignment is gone: it may come in again, anew.
      if (client === undefined) expectClose();
      throw error;
    } finally {
      isRotating = false;
    }
    return { ...OK, afterwards: () => farewell?.() };
  }

  function answerOffer(type: "accepted" | "declined", { ticket }: Accept): Answer {
    options.onOfferAnswered(type, authenticated(), ticketText(ticket));
    return OK;
  }

  function authenticated(): Client {
    if (client === undefined) throw new ProtocolError("UNAUTHENTICATED", "expected hello first");
    return client;
  }

  return {
    async handle(event: ClientEvent, payload: unknown) {
      const refusal = options.refusing();
      if (refusal !== undefined) throw refusal;
      if (event === "hello") return greet(parseHello(payload));
      authenticated();
      switch (event) {
        case "accept":
          return answerOffer("accepted", parseAccept(payload));
        case "decline":
          return answerOffer("declined", parseDecline(payload));
        case "params":
          return { reply: await answerParams(parseParamsRequest(payload)) };
        case "device":
          options.onDevice(authenticated(), parseDeviceFacts(payload));
          return OK;
        case "submit":
          return { reply: await intake.submit(authenticated().id, parseSubmit(payload)) };
        case "chunk":
          return { reply: await intake.chunk(authenticated().id, parseChunk(payload)) };
        case "rotate":
          return rotate(payload);
        case "leave": {
          parseLeave(payload);
          options.onLeave(authenticated());
          client = undefined;
          expectClose();
          return OK;
        }
      }
    },
    closed() {
      isClosed = true;
      unwatch?.();
      cancelPatience();
      if (client !== undefined) options.onClosed(client);
      client = undefined; // a hello whose answer was on its way joins nobody
    },
  };
}
