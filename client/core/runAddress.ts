/** Where a run is to be found. */
export interface RunAddress {
  /** The whole of it, without query and fragment, ending in "/". */
  readonly href: string;
  /** The coordinator's address, with a path that ends in "/": a reverse proxy may serve it below one. */
  readonly coordinator: URL;
  /** Name or id of the run; undefined for the coordinator's default run. */
  readonly run: string | undefined;
  /** A path of the run's HTTP interface: `api("status")`. */
  api(path: string): URL;
}

/**
 * Reads `http://host:8080` (the coordinator's default run) or `http://host:8080/runs/<name>`; query and fragment are left
 * out.
 * @throws TypeError unless it is an http or https URL.
 */
export function runAddress(url: string): RunAddress {
  const address = baseUrl(url);
  const match = /^(.*\/)runs\/([^/]+)\/$/.exec(address.pathname);
  const [, path = address.pathname, name] = match ?? [];
  const coordinator = new URL(path, address);
  const api = name === undefined ? "api/" : `api/runs/${name}/`;
  return {
    href: address.href,
    coordinator,
    run: name === undefined ? undefined : decodeName(name),
    api: (part) => new URL(`${api}${part}`, coordinator),
  };
}

function baseUrl(url: string): URL {
  let base: URL;
  try {
    base = new URL(url);
  } catch (cause) {
    throw new TypeError(`"url" expected an address such as http://127.0.0.1:8080, got ${JSON.stringify(url)}`, {
      cause,
    });
  }
  if (base.protocol !== "http:" && base.protocol !== "https:") {
    throw new TypeError(`"url" expected http:// or https://, got ${base.protocol}//`);
  }
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  base.search = "";
  base.hash = "";
  return base;
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch (cause) {
    throw new TypeError(`"url" expected the name of a run after /runs/, got ${JSON.stringify(name)}`, { cause });
  }
}
