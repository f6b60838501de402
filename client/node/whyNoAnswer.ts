const UNTRUSTED = "its certificate is not trusted here; name it, or the authority that signed it, with --ca FILE";

/** What is wrong with a certificate, and the way out, by the code of the failure. */
const CERTIFICATES: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  CERT_HAS_EXPIRED: "its certificate is over; renew it at the coordinator",
  CERT_NOT_YET_VALID: "its certificate is not valid yet; compare the clocks",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for other names; take one of them as the address",
};

/** Why a request to a coordinator got no answer, and the way out, for a person at a terminal. */
export function whyNoAnswer({ href }: URL, error: unknown): string {
  // fetch hides what went wrong behind "fetch failed"; a request that was given up says so itself or in its cause.
  const { cause = error } = error as Error;
  const { code, message } = cause as NodeJS.ErrnoException;
  if ([error, cause].some((each) => (each as Error).name === "TimeoutError")) {
    return `no answer from ${href} in time (timed out); is it its address, and does what stands between let you through?`;
  }
  const detail = typeof code === "string" ? code : message;
  const certificate = CERTIFICATES[detail];
  if (certificate !== undefined)
    return `the coordinator at ${href} cannot be told from another: ${certificate} (${detail})`;
  return (
    `no coordinator answers at ${href} (${detail}); is it running, and is that its address? ` +
    "Those of a coordinator with a certificate begin with https"
  );
}
