import { unwatchFile, watchFile } from "node:fs";

const LOOK_EVERY_MS = 2000;

/**
 * Calls back after any of the files has changed. It looks every 2 s: file system events miss what editors, certbot and
 * Kubernetes do, which put a new file or a link to one in the old one's place. Returns what ends it.
 */
export function watchFiles(paths: readonly string[], onChange: () => void): () => void {
  for (const path of paths) watchFile(path, { interval: LOOK_EVERY_MS, persistent: false }, onChange);
  return () => {
    for (const path of paths) unwatchFile(path, onChange);
  };
}
