import { request } from "node:https";
import { Readable } from "node:stream";
import { rootCertificates } from "node:tls";

/**
 * fetch that trusts this certificate (PEM) over https beside the well-known ones; Node's own, which is given where there is none,
 * takes none but at the start of the process. Redirects are not followed: a coordinator makes none.
 */
export function fetchWithCa(certificate: string | undefined): typeof globalThis.fetch {
  if (certificate === undefined) return globalThis.fetch;
  const ca = [...rootCertificates, certificate];
  return async (input, init) => {
    const asked = new Request(input, init);
    const { url, method, headers } = asked;
    if (!url.startsWith("https:")) return fetch(asked);
    const sent = asked.body === null ? undefined : new Uint8Array(await asked.arrayBuffer());
    const signal = init?.signal ?? undefined;
    return new Promise((resolve, reject) => {
      const options = { ca, method, headers: Object.fromEntries(headers), ...(signal && { signal }) };
      const outgoing = request(url, options, (incoming) => {
        const { statusCode = 500, headers: told } = incoming;
        const body = [204, 304].includes(statusCode) ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>);
        const entries = Object.entries(told).map(([name, value]) => [name, String(value)] as [string, string]);
        resolve(new Response(body, { status: statusCode, headers: entries }));
      });
      outgoing.once("error", reject);
      outgoing.end(sent);
    });
  };
}
