import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";

/**
 * Serves everything below a path too, for a reverse proxy that hands paths on as they came: "/fl/api/status" is answered
 * as "/api/status". A proxy that takes the path off itself is as welcome. Called when all else listens to the server.
 */
export function mountBelow(httpServer: HttpServer, basePath: string): void {
  if (basePath === "") return;
  const listeners = httpServer.listeners("request") as ((request: IncomingMessage, response: ServerResponse) => void)[];
  httpServer.removeAllListeners("request");
  httpServer.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const isBare = request.url?.replace(/\?.*$/, "") === basePath;
    if (isBare && (request.method === "GET" || request.method === "HEAD")) {
      // The page's own addresses are relative: they need the slash.
      response.writeHead(301, { location: `${basePath.slice(basePath.lastIndexOf("/") + 1)}/` }).end();
      return;
    }
    takeOff(request, basePath);
    for (const listener of listeners) listener.call(httpServer, request, response);
  });
  httpServer.prependListener("upgrade", (request: IncomingMessage) => takeOff(request, basePath));
}

function takeOff(request: IncomingMessage, basePath: string): void {
  if (request.url?.startsWith(`${basePath}/`)) request.url = request.url.slice(basePath.length);
}

/**
 * The path of a public address, without a slash at the end: "/fl", or "" at the top of the host.
 * @throws TypeError unless it is an http or https address without query and fragment.
 */
export function basePathOf(publicUrl: string): string {
  const url = URL.canParse(publicUrl) ? new URL(publicUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new TypeError(`"publicUrl" expected an address such as https://example.org/fl, got ${publicUrl}`);
  }
  return url.pathname.replace(/\/+$/, "");
}
