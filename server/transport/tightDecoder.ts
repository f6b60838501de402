import { Decoder } from "socket.io-parser";
import { LIMITS } from "../../shared/protocol/limits.ts";

/** Bytes of one message's binary fields together: a chunk of 128 KiB, or a header with a manifest. */
export const MAX_ATTACHMENT_BYTES: number = LIMITS.maxAttachmentBytes;

/**
 * Decodes packets of strangers. Attachments are frames that the decoder holds until the last has come, before anything
 * can look at the message: the stock decoder lets one socket pin ten frames that way. Here the count is small and the
 * sum is bounded, so that no socket holds more than one frame's worth. A breach closes the socket.
 */
export class TightDecoder extends Decoder {
  #heldBytes = 0;

  constructor() {
    super({ maxAttachments: LIMITS.maxAttachmentsPerMessage });
  }

  /** @throws Error for a breach; Socket.IO then closes this connection. */
  override add(packet: unknown): void {
    if (typeof packet === "string") {
      this.#heldBytes = 0;
      // Parsed before anybody can look at it: 200 KB of brackets cost 15 ms, ten times as much as flat JSON.
      if (packet.length > LIMITS.maxTextChars) {
        throw new Error(`text expected <= ${LIMITS.maxTextChars} characters, got ${packet.length}`);
      }
    } else {
      this.#heldBytes += byteLength(packet);
      if (this.#heldBytes > MAX_ATTACHMENT_BYTES) {
        throw new Error(`attachments expected <= ${MAX_ATTACHMENT_BYTES} bytes together, got ${this.#heldBytes}`);
      }
    }
    super.add(packet);
  }
}

function byteLength(packet: unknown): number {
  return packet instanceof ArrayBuffer || ArrayBuffer.isView(packet) ? packet.byteLength : 0;
}
