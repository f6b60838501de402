import { request } from "node:https";
import { Readable } from "node:stream";

/**
 * fetch that trusts these certificates (PEM) over https; Node's own takes none but at the start of the process. Redirects
 * are not followed: a coordinator makes none.
 */
export function fetchWithCa(ca: readonly string[]): typeof globalThis.fetch {
  return async (input, init) => {
    const asked = new Request(input, init);
    const { url, method, headers } = asked;
    if (!url.startsWith("https:")) return fetch(asked);
    const sent = asked.body === null ? undefined : new Uint8Array(await asked.arrayBuffer());
    const signal = init?.signal ?? undefined;
    return new Promise((resolve, reject) => {
      const options = { ca: [...ca], method, headers: Object.fromEntries(headers), ...(signal && { signal }) };
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
