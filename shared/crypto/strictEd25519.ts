/** Bytes of an Ed25519 public key. */
const PUBLIC_KEY_BYTES = 32;
/** Bytes of an Ed25519 signature: R (32), S (32). */
const SIGNATURE_BYTES = 64;
/** Bytes of an Ed25519 seed: the private key of RFC 8032. */
export const SEED_BYTES = 32;

/** The order of the base point, L = 2^252 + 27742317777372353535851937790883648493, little-endian. */
const ORDER = littleEndian("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");
/** The field's prime, p = 2^255 - 19, little-endian. */
const PRIME = littleEndian("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");

/**
 * y coordinates of the eight points of order 1, 2, 4 and 8, below p, little-endian, without the sign bit: 1 (order 1),
 * p-1 (order 2), 0 (order 4, both signs), and the two y of order 8 (both signs).
 */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  littleEndian("0000000000000000000000000000000000000000000000000000000000000001"),
  littleEndian("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec"),
  littleEndian("0000000000000000000000000000000000000000000000000000000000000000"),
  littleEndian("7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7"),
  littleEndian("05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826"),
];

/**
 * False for a key that nobody should enrol: wrong length, not in canonical form (y >= p), or of small order. For a key
 * of small order, signatures can be made without any secret: tweetnacl and node:crypto accept them.
 */
export function isStrictPublicKey(key: Uint8Array): boolean {
  return key.length === PUBLIC_KEY_BYTES && isStrictPoint(key);
}

/**
 * The pre-check shared by every verifier, so that all of them accept the same signatures: exact lengths, S < L (else
 * S + L would be a second signature of the same bytes, which tweetnacl accepts), key and R canonical and not of small
 * order. Source: RFC 8032, 5.1.7; Chalkias et al. 2020, "Taming the many EdDSAs", eprint 2020/1244.
 */
export function isStrictSignature(key: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES || !isStrictPublicKey(key)) return false;
  return isStrictPoint(signature.subarray(0, 32)) && isBelow(signature.subarray(32), ORDER);
}

/** Compressed point (y and the sign of x in the top bit) with y < p and not among the small-order ones. */
function isStrictPoint(point: Uint8Array): boolean {
  const y = Uint8Array.from(point);
  y[31] = (y[31] as number) & 0x7f;
  return isBelow(y, PRIME) && !SMALL_ORDER_Y.some((small) => small.every((byte, i) => byte === y[i]));
}

/** a < b for two little-endian numbers of equal length. Public data only: not constant-time. */
function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = b.length - 1; i >= 0; i--) {
    if (a[i] !== b[i]) return (a[i] as number) < (b[i] as number);
  }
  return false;
}

function littleEndian(hex: string): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(hex.slice(62 - 2 * i, 64 - 2 * i), 16));
}
