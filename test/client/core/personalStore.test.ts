import { memoryPersonal } from "../../../client/core/personalStore.ts";
import { personalStoreContract } from "../../contract/personalStore.ts";

personalStoreContract("memory", () => memoryPersonal, false);
