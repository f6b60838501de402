import { createHash } from "node:crypto";
import { type Dirent, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** One built file, ready to send. */
export interface PageFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly etag: string;
  /** Its name holds its hash: it may be cached for ever. */
  readonly isImmutable: boolean;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".webmanifest": "application/manifest+json",
  ".wasm": "application/wasm",
  ".txt": "text/plain; charset=utf-8",
};

/** The built pages beside the built server; from source, those of the last build. */
export function builtPagesDirectory(): string {
  const isBuilt = import.meta.url.endsWith(".js");
  return fileURLToPath(new URL(isBuilt ? "../../client/pages/" : "../../dist/client/pages/", import.meta.url));
}

/**
 * The built pages by URL path ("/", "/assets/index-x1y2.js"), read once: they are small, and a path that is not in the
 * map cannot reach the disk. Empty when nothing was built.
 */
export function readPages(directory: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const entry of listFiles(directory)) {
    const path = join(entry.parentPath, entry.name);
    const contentType = CONTENT_TYPES[extname(entry.name)];
    if (contentType === undefined) continue;
    const bytes = new Uint8Array(readFileSync(path));
    const etag = `"${createHash("sha256").update(bytes).digest("hex").slice(0, 32)}"`;
    const url = `/${relative(directory, path).split(sep).join("/")}`;
    const file = { bytes, contentType, etag, isImmutable: url.startsWith("/assets/") };
    files.set(url, file);
    if (url === "/index.html") files.set("/", file);
  }
  return files;
}

function listFiles(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
