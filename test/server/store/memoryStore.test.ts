import { createMemoryStore } from "../../../server/store/memoryStore.ts";
import { storeContract } from "../../contract/store.ts";

storeContract("memoryStore", async () => createMemoryStore());
