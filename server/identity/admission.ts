import type { ProtocolError } from "../../shared/base/errors.ts";
import type { Rotate } from "../../shared/protocol/rotation.ts";

/** Who may take part, asked for every connection that has proved its key. */
export interface Admission {
  /**
   * Lets a key in; resolves once that is durable.
   * @throws ProtocolError NOT_ENROLLED, INVITATION_UNKNOWN, INVITATION_USED, INVITATION_EXPIRED, KEY_REVOKED.
   */
  admit(clientId: string, invitation: Uint8Array | undefined): Promise<void>;
  /** Generation of a key, 0 until it took another's place: what its updates must say. */
  keyEpoch(clientId: string): number;
  /**
   * Calls back once a key that was let in no longer may take part; the function returned ends that.
   * @throws ProtocolError KEY_REVOKED or NOT_ENROLLED if it may not by now.
   */
  watch(clientId: string, onShutOut: (why: ProtocolError) => void): () => void;
  /** Gives a key's place to another, and shuts the key out; resolves once that is durable. */
  rotate(clientId: string, rotate: Rotate): Promise<void>;
}
