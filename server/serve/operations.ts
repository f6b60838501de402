import type { Command } from "commander";
import { otelSettings } from "../../shared/telemetry/otelSettings.ts";
import { createOtlpExporter, type OtlpExporter } from "../../shared/telemetry/otlpExporter.ts";
import { applyConfig, readConfigFile } from "../configuration/configFile.ts";
import { createLiveSettings, hotSettingsOf, type LiveSettings } from "../configuration/liveSettings.ts";
import { mergeLimits } from "../configuration/mergeLimits.ts";
import { reloadConfig } from "../configuration/reloadConfig.ts";
import { readTlsFiles, type TlsContext, type TlsFiles } from "../configuration/tlsFiles.ts";
import { watchFiles } from "../configuration/watchFiles.ts";
import type { ReloadableLogger } from "../logger.ts";
import type { Coordinator } from "../startCoordinator.ts";
import { systemClock } from "../systemClock.ts";
import { startMetricsServer } from "../telemetry/metricsServer.ts";
import { createTelemetry, type Telemetry } from "../telemetry/telemetry.ts";
import { explainMetricsError } from "./explainStartError.ts";
import type { Hangup } from "./hangup.ts";
import type { OperationsOptions } from "./operationsOptions.ts";

/** What goes around a coordinator that runs day and night. */
export interface Operations {
  readonly live: LiveSettings;
  readonly telemetry: Telemetry;
  readonly tls: TlsContext | undefined;
  /** Serves metrics, and follows configuration and certificate from now on. Resolves to where the metrics are. */
  begin(coordinator: Pick<Coordinator, "setTls">): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface OperationsSettings {
  readonly verb: Command;
  readonly logger: ReloadableLogger;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Heard from before any of this. */
  readonly hangup: Hangup;
}

/**
 * Gives the verb what its configuration file says, and prepares the rest.
 * @throws TypeError for a file or variable that cannot be used.
 */
export function prepareOperations({ verb, logger, env, hangup }: OperationsSettings): Operations {
  const { config } = verb.opts<OperationsOptions>();
  const atStart = config === undefined ? {} : readConfigFile(config, verb);
  applyConfig(verb, atStart);
  const options = verb.opts<OperationsOptions>();
  const limit = mergeLimits({ verb, env, file: atStart });
  const live = createLiveSettings({ initial: hotSettingsOf({ ...verb.opts(), limit }), logger });
  const tlsFiles = tlsFilesOf(options);
  const tls = tlsFiles && readTlsFiles(tlsFiles, Date.now()); // before anything begins that a refusal would have to end
  const exporter = exporterOf(env, logger);
  const version = verb.parent?.version() ?? "unknown";
  const telemetry = createTelemetry({ version, exporter });
  const closing: (() => Promise<void> | void)[] = [];

  function reload(coordinator: Pick<Coordinator, "setTls">): void {
    try {
      // Everything is read before anything is taken over: half a change is none.
      const now = config === undefined ? atStart : readConfigFile(config, verb);
      const tls = tlsFiles && readTlsFiles(tlsFiles, Date.now());
      const { changed, needRestart } = reloadConfig({ verb, env, live, atStart, now });
      if (tls) coordinator.setTls(tls);
      telemetry.reloaded("ok");
      logger.info({ changed }, "configuration reloaded");
      if (needRestart.length > 0) logger.warn({ options: needRestart }, "configuration needs a restart");
    } catch (error) {
      telemetry.reloaded("refused");
      logger.error({ reason: (error as Error).message }, "configuration refused");
    }
  }

  function nothingToRead(): void {
    logger.warn("there is no configuration or certificate to read again");
  }

  return {
    live,
    telemetry,
    tls,
    async begin(coordinator) {
      const files = [...(config === undefined ? [] : [config]), ...(tlsFiles ? [tlsFiles.cert, tlsFiles.key] : [])];
      const again = (): void => reload(coordinator);
      if (files.length > 0) closing.push(watchFiles(files, again));
      hangup.follow(files.length > 0 ? again : nothingToRead);
      if (options.metrics === undefined) return undefined;
      const { contentType, text } = telemetry;
      const { metrics } = options;
      const server = await startMetricsServer({ ...metrics, contentType, text }).catch((error: unknown) => {
        throw new Error(explainMetricsError(error, metrics), { cause: error });
      });
      closing.push(server.close);
      return server.url;
    },
    async close() {
      hangup.close();
      for (const close of closing.splice(0)) await close();
      await telemetry.close();
    },
  };
}

function tlsFilesOf({ tlsCert: cert, tlsKey: key }: OperationsOptions): TlsFiles | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert !== undefined && key !== undefined) return { cert, key };
  throw new TypeError(
    `--tls-cert and --tls-key go together; ${cert === undefined ? "--tls-cert" : "--tls-key"} is missing`,
  );
}

/** Nothing is sent anywhere unless the operator names a collector. */
function exporterOf(env: OperationsSettings["env"], logger: ReloadableLogger): OtlpExporter | undefined {
  const settings = otelSettings(env, "headwater-coordinator");
  if (settings === undefined) return undefined;
  return createOtlpExporter({
    ...settings,
    clock: systemClock,
    onTrouble(reason) {
      if (reason === undefined) logger.info("traces are taken again");
      else logger.warn({ reason }, "traces are not taken");
    },
  });
}
