import { isLoopbackName } from "../transport/originPolicy.ts";

export interface TlsFacts {
  readonly hasTls: boolean;
  readonly publicUrl?: string | undefined;
}

/**
 * Whether browsers may be told to use nothing but https for this host: it is the public name that the operator gave as
 * https, or the coordinator itself speaks TLS. Never for a name of the machine itself, where other programs speak http.
 */
export function isStrictTransport(host: string | undefined, { hasTls, publicUrl }: TlsFacts): boolean {
  if (host === undefined || !URL.canParse(`https://${host}`)) return false;
  const { hostname } = new URL(`https://${host}`);
  if (isLoopbackName(hostname)) return false;
  if (hasTls) return true;
  return publicUrl?.startsWith("https:") === true && new URL(publicUrl).hostname === hostname;
}
