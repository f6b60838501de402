import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import * as headwater from "../../../shared/index.ts";
import { bitIdentityCall, bitIdentityHashes } from "../../support/bitIdentity.ts";
import { distUrl } from "../../support/dist.ts";

describe("trained params are the same bytes", () => {
  const here = bitIdentityHashes(headwater);

  it("twice in one process", { timeout: 120_000 }, () => {
    expect(bitIdentityHashes(headwater)).toEqual(here);
  });

  it.each(["--liftoff-only", "--no-liftoff"])("in Node with %s", { timeout: 120_000 }, (flag) => {
    const script = `import(${JSON.stringify(distUrl("shared/index.js").href)}).then((headwater) =>
      console.log(JSON.stringify(${bitIdentityCall()})))`;
    const output = execFileSync(process.execPath, [flag, "--eval", script], { encoding: "utf8" });
    expect(JSON.parse(output)).toEqual(here);
  });
});
