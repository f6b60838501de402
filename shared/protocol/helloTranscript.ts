import { binaryLayout, type ValuesOf } from "./binaryLayout.ts";

/** What a client signs to authenticate a connection. A signed update never authenticates one: the tags differ. */
const FIELDS = {
  /** The protocol version that the client picked. */
  version: "u16",
  runId: "runId",
  /** From the challenge: the proof is of no use at another coordinator. */
  coordinatorKey: "key",
  /** From the challenge: the proof is of no use on another connection. 32 bytes. */
  nonce: "key",
  /** The signer. */
  clientKey: "key",
} as const;

const layout = binaryLayout("headwater/hello", FIELDS);

export type HelloTranscript = ValuesOf<typeof FIELDS>;

/** The layout as a table, for documents and tests. */
export const HELLO_TRANSCRIPT_TABLE = layout.table;

/** The bytes that `hello.signature` covers. @throws RangeError if a value does not fit its field. */
export function helloTranscript(transcript: HelloTranscript): Uint8Array<ArrayBuffer> {
  return layout.encode(transcript);
}
