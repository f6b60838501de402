import type { DeviceFacts } from "../../shared/protocol/deviceFacts.ts";

/** What a platform knows about the device it runs on. */
export interface DevicePort {
  /** As of now; what it does not know is absent. */
  facts(): DeviceFacts;
  /** Calls back whenever a fact may have changed, until the returned function is called. */
  watch(onChange: () => void): () => void;
}
