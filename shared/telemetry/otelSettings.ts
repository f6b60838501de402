/** What OpenTelemetry's own environment variables say about traces. */
export interface OtelSettings {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, string>>;
}

/**
 * Settings for the export of traces, or undefined where no collector is named: nothing is sent anywhere by default.
 * Understood: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT (taken as it is), OTEL_EXPORTER_OTLP_ENDPOINT (/v1/traces is added),
 * OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_SDK_DISABLED.
 * Source: OpenTelemetry specification, "OTLP Exporter Configuration" and "Environment Variables".
 * @throws TypeError if an endpoint is no http or https address.
 */
export function otelSettings(
  env: Readonly<Record<string, string | undefined>>,
  serviceName: string,
): OtelSettings | undefined {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === "true") return undefined;
  const url = endpointOf(env);
  if (url === undefined) return undefined;
  return {
    url,
    headers: pairs(env.OTEL_EXPORTER_OTLP_TRACES_HEADERS || env.OTEL_EXPORTER_OTLP_HEADERS),
    resource: {
      "service.name": serviceName,
      ...pairs(env.OTEL_RESOURCE_ATTRIBUTES),
      ...(env.OTEL_SERVICE_NAME ? { "service.name": env.OTEL_SERVICE_NAME } : {}),
    },
  };
}

function endpointOf(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const exact = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const name = exact ? "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" : "OTEL_EXPORTER_OTLP_ENDPOINT";
  const text = exact || (base && `${base.replace(/\/+$/, "")}/v1/traces`);
  if (!text) return undefined;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new TypeError(
      `${name} expected an address such as http://127.0.0.1:4318, got ${JSON.stringify(exact || base)}`,
    );
  }
  return text;
}

/** "a=1,b=two%20words" */
function pairs(text: string | undefined): Record<string, string> {
  const entries = (text ?? "").split(",").flatMap((item) => {
    const at = item.indexOf("=");
    return at < 1 ? [] : [[item.slice(0, at).trim(), decoded(item.slice(at + 1).trim())] as const];
  });
  return Object.fromEntries(entries);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a bare percent sign
  }
}
