import { expect, it } from "vitest";
import { whyNoAnswer } from "../../../client/node/whyNoAnswer.ts";

const failed = (cause: object): Error => new TypeError("fetch failed", { cause });

it.each([
  [failed({ code: "ECONNREFUSED" }), "no coordinator answers at https://example.org/ (ECONNREFUSED); is it running"],
  [failed(new Error("bad port")), "(bad port); is it running"],
  [new DOMException("", "TimeoutError"), "no answer from https://example.org/ in time (timed out)"],
  [new Error("aborted", { cause: new DOMException("", "TimeoutError") }), "in time (timed out)"],
  [
    failed({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" }),
    "not trusted here; name it, or the authority that signed it, with --ca",
  ],
  [
    Object.assign(new Error(), { code: "ERR_TLS_CERT_ALTNAME_INVALID" }),
    "for other names; take one of them as the address",
  ],
  [failed({ code: "CERT_HAS_EXPIRED" }), "its certificate is over; renew it at the coordinator (CERT_HAS_EXPIRED)"],
])("says of %s what it was and what to do", (error, words) => {
  expect(whyNoAnswer(new URL("https://example.org/"), error)).toContain(words);
});
