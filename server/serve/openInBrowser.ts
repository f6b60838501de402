import { spawn } from "node:child_process";

/** Opens an address in the person's browser; where there is none to open, the printed address has to do. */
export function openInBrowser(url: string): void {
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open", url]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", "", url]
        : ["xdg-open", url];
  const child = spawn(command as string, args, { stdio: "ignore", detached: true });
  child.on("error", (error) => process.stderr.write(`headwater: could not open a browser (${error.message})\n`));
  child.unref();
}
