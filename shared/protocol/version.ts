import { ProtocolError } from "../base/errors.ts";

/** The version that this build speaks; PROTOCOL.md describes exactly this one. */
export const PROTOCOL_VERSION = 1;

/** Every version that this build can speak, newest first. */
export const SUPPORTED_VERSIONS: readonly number[] = [PROTOCOL_VERSION];

/**
 * The newest version that both sides speak.
 * @throws ProtocolError VERSION_UNSUPPORTED if there is none.
 */
export function negotiateVersion(offered: readonly number[]): number {
  const common = SUPPORTED_VERSIONS.filter((version) => offered.includes(version));
  if (common.length > 0) return Math.max(...common);
  throw new ProtocolError(
    "VERSION_UNSUPPORTED",
    `protocol version expected one of ${SUPPORTED_VERSIONS.join(", ")}, got ${offered.join(", ")}; upgrade the older side`,
  );
}
