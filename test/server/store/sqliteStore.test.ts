import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openStore } from "../../../server/store/sqliteStore.ts";
import { storeContract } from "../../contract/store.ts";

const root = mkdtempSync(join(tmpdir(), "headwater-store-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

storeContract("sqliteStore", () => openStore({ directory: mkdtempSync(join(root, "contract-")) }));
