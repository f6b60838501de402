import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

/** Where the certificate (with its chain) and its private key lie, PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** What node:tls makes a context of. */
export interface TlsContext {
  readonly cert: string;
  readonly key: string;
  readonly minVersion: "TLSv1.2";
}

/**
 * Reads a certificate and its key, as a server needs them.
 * @throws TypeError that names the file and what is wrong: unreadable, no PEM, over, or the two do not belong together.
 */
export function readTlsFiles({ cert: certPath, key: keyPath }: TlsFiles, nowMs: number): TlsContext {
  const cert = read("--tls-cert", certPath);
  const key = read("--tls-key", keyPath);
  const certificate = parsed("--tls-cert", certPath, "a PEM certificate", () => new X509Certificate(cert));
  const privateKey = parsed("--tls-key", keyPath, "a PEM private key without a passphrase", () =>
    createPrivateKey(key),
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new TypeError(`--tls-key ${keyPath} is not the key of the certificate in ${certPath}`);
  }
  if (Date.parse(certificate.validTo) <= nowMs) {
    throw new TypeError(`--tls-cert ${certPath} was valid until ${certificate.validTo}; renew it`);
  }
  return { cert, key, minVersion: "TLSv1.2" };
}

function read(flag: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new TypeError(`${flag} ${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function parsed<T>(flag: string, path: string, expected: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new TypeError(`${flag} ${path} expected ${expected}: ${(error as Error).message}`, { cause: error });
  }
}
