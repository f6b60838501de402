import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono } from "hono";
import type { HostedRun } from "../runs/hostedRun.ts";
import { fail } from "./answers.ts";
import type { PageFile } from "./pages.ts";
import { IMMUTABLE, noSuchRun } from "./runRoutes.ts";
import { matchesEtag, notModified, type SendBytes } from "./sendBytes.ts";

export interface PageRoutesOptions {
  readonly find: (nameOrId: string) => HostedRun | undefined;
  readonly pages: ReadonlyMap<string, PageFile>;
  readonly sendBytes: SendBytes;
}

/** The built page, at / for the default run and below /runs/<name>/ for each: the page asks for what lies beside it. */
export function addPageRoutes(
  app: Hono<{ Bindings: HttpBindings }>,
  { find, pages, sendBytes }: PageRoutesOptions,
): void {
  // Relative, so that it holds under whatever path a proxy serves this.
  app.get("/runs/:run", (context) => context.redirect(`${encodeURIComponent(context.req.param("run"))}/`, 302));
  app.get("/runs/:run/*", (context) => {
    const { run } = context.req.param();
    if (find(run) === undefined) return fail(context, 404, "NOT_FOUND", noSuchRun(run));
    return sendPage(context, context.req.path.replace(/^\/runs\/[^/]+/, ""));
  });
  app.get("*", (context) => sendPage(context, context.req.path));

  function sendPage(context: Context, path: string): Response | Promise<Response> {
    const file = pages.get(path);
    if (file === undefined) {
      if (path === "/" && pages.size === 0) {
        return context.text("The page is not built: run `npm run build`. The API is at /api/status.\n");
      }
      return context.notFound();
    }
    const headers = { etag: file.etag, cacheControl: file.isImmutable ? IMMUTABLE : "no-cache" };
    if (matchesEtag(context, file.etag)) return notModified(context, headers);
    return sendBytes(context, file.bytes, { contentType: file.contentType, ...headers });
  }
}
