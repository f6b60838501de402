/** The bytes of a journal's byte field. */
export function bytesOfBase64(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "base64"));
}
