import { expect, it } from "vitest";
import { memoryFolder } from "../support/memoryFolder.ts";
import { runDiskFaultDrill } from "./store/diskFaultDrill.ts";

it("takes no writes while any step of the disk fails, and goes on by itself once it is mended", async () => {
  const result = await runDiskFaultDrill(memoryFolder(), [{ code: "ENOSPC", errcode: 13 }]);
  expect(result.recovered).toBeGreaterThan(20);
  expect(result.restarted).toBeGreaterThan(5);
}, 60_000);
