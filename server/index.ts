/** The coordinator as a library: `import { startCoordinator } from "headwater/server"`. */

export type { TlsContext } from "./configuration/tlsFiles.ts";
export { createLogger, type Logger, type LogLevel } from "./logger.ts";
export type { PlanOptions } from "./openRun.ts";
export type { CoordinatorTiming } from "./rounds/run.ts";
export type { SampleData } from "./runs/hostedRun.ts";
export { type Coordinator, type StartCoordinatorOptions, startCoordinator } from "./startCoordinator.ts";
export { createMemoryStore } from "./store/memoryStore.ts";
export { openStore } from "./store/sqliteStore.ts";
export type { Store } from "./store/store.ts";
export { createTelemetry, type Telemetry } from "./telemetry/telemetry.ts";
export type { TransportLimits } from "./transport/transportLimits.ts";
