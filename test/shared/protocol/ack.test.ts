import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../../shared/base/errors.ts";
import { errorOf, parseAck, refusalOf } from "../../../shared/protocol/ack.ts";
import { LIMITS } from "../../../shared/protocol/limits.ts";

describe("a refusal", () => {
  it("tells a peer its own fault, and comes out as the same error on the other side", () => {
    const fault = new ProtocolError("RATE_LIMITED", "too many messages", { retryAfterMs: 250 });
    const received = parseAck(JSON.parse(JSON.stringify(refusalOf(fault))));
    expect(received).toEqual({ ok: false, code: "RATE_LIMITED", message: "too many messages", retryAfterMs: 250 });
    expect(received.ok ? undefined : errorOf(received)).toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 250 });
  });

  it("says nothing about a fault of ours", () => {
    const refused = refusalOf(new Error("/home/secret/key.pem is missing"));
    expect(refused.code).toBe("INTERNAL");
    expect(JSON.stringify(refused)).not.toContain("secret");
  });

  it.each([
    [0.2, 1],
    [1e12, LIMITS.maxRetryAfterMs],
    [-5, 0],
  ])("is always one that parses: a wait of %d is sent as %d", (wait, sent) => {
    const refused = refusalOf(new ProtocolError("UNAVAILABLE", "x".repeat(5000), { retryAfterMs: wait }));
    expect(parseAck(refused)).toMatchObject({ retryAfterMs: sent });
  });
});
