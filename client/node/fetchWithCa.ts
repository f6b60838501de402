import { request } from "node:https";
import { Readable } from "node:stream";

/**
 * GET over https that trusts these certificates (PEM); Node's own fetch takes none but at the start of the process.
 * Redirects are not followed: a coordinator makes none.
 */
export function fetchWithCa(ca: readonly string[]): typeof globalThis.fetch {
  return (input, init) =>
    new Promise((resolve, reject) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const signal = init?.signal ?? undefined;
      const outgoing = request(url, { ca: [...ca], ...(signal && { signal }) }, (incoming) => {
        const { statusCode = 500, headers } = incoming;
        const body = [204, 304].includes(statusCode) ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>);
        const entries = Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]);
        resolve(new Response(body, { status: statusCode, headers: entries }));
      });
      outgoing.once("error", reject);
      outgoing.end();
    });
}
