import { parseRunList, type RunFacts, type RunSummary } from "headwater";
import { runAddress } from "headwater/client";
import { here } from "./coordinatorUrl.ts";

const TOKEN_KEY = "headwater-operator-token";

/** What an operator may ask for. */
export type OperatorAction = "start" | "pause" | "resume" | "stop";

/** What a fork is judged on: as the run that it comes from, the coordinator's own digits, or by no coordinator. */
export type TestSet = "same" | "mnist" | "none";

interface Fork {
  readonly name: string;
  readonly round?: number;
}

const CHANGES: Readonly<Record<TestSet, object>> = {
  same: {},
  mnist: { data: { source: "mnist" } },
  none: { data: null },
};

/** The runs of the coordinator, and an operator's hands on them. The token stays in this tab and is never stored longer. */
export class Runs {
  list: readonly RunSummary[] = $state.raw([]);
  token = $state(sessionStorage.getItem(TOKEN_KEY) ?? "");

  /** Reads the list again; while it cannot be read, the last known one stays. */
  async refresh(): Promise<void> {
    try {
      const response = await fetch(new URL("api/runs", here.coordinator));
      if (response.ok) this.list = parseRunList(await response.json());
    } catch {
      // Nothing answers, or something that is no coordinator.
    }
  }

  remember(token: string): void {
    this.token = token.trim();
    if (this.token === "") sessionStorage.removeItem(TOKEN_KEY);
    else sessionStorage.setItem(TOKEN_KEY, this.token);
  }

  /** @throws Error with the coordinator's own words. */
  async act(runId: string, action: OperatorAction): Promise<void> {
    await this.#send("POST", `runs/${runId}/${action}`, {});
  }

  /** From a run file's document; `start` begins its rounds at once, whatever the document says. @throws Error with the coordinator's own words. */
  async create(document: Readonly<Record<string, unknown>>, start: boolean): Promise<RunSummary> {
    return this.#made(await this.#send("POST", "runs", { ...document, start }));
  }

  /** @throws Error with the coordinator's own words. */
  async fork(runId: string, fork: Fork, testSet: TestSet): Promise<RunSummary> {
    return this.#made(await this.#send("POST", `runs/${runId}/fork`, { ...fork, changes: CHANGES[testSet] }));
  }

  /** Links that let one device each into a run by invitation; no other answer holds them. @throws Error with the coordinator's own words. */
  async invite(run: RunFacts, wanted: { readonly count: number; readonly expiresInMs: number }): Promise<string[]> {
    const issued = await this.#send("POST", `runs/${run.runId}/invitations`, wanted);
    const { invitations, publicUrl } = issued as {
      readonly invitations: readonly { readonly invitation: string }[];
      readonly publicUrl?: string;
    };
    const address = addressOf(run.name, publicUrl);
    return invitations.map(({ invitation }) => `${address}#invitation=${invitation}`);
  }

  /** @throws Error with the coordinator's own words. */
  async delete(runId: string, name: string): Promise<void> {
    await this.#send("DELETE", `runs/${runId}?confirm=${encodeURIComponent(name)}`);
  }

  /** Of a run's page; the default run has the coordinator's own. */
  pageOf({ name, isDefault }: RunSummary): string {
    return isDefault ? here.coordinator.href : addressOf(name);
  }

  #made(answer: unknown): RunSummary {
    return parseRunList({ runs: [answer] })[0] as RunSummary;
  }

  async #send(method: string, path: string, body?: object): Promise<unknown> {
    const headers = { authorization: `Bearer ${this.token}`, "content-type": "application/json" };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(new URL(`api/${path}`, here.coordinator), init).catch((cause: unknown) => {
      throw new Error("the coordinator does not answer; try again once this page is live", { cause });
    });
    // What stands before a coordinator may answer in its place, and not in JSON.
    const answer: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined);
    const { message } = (answer ?? {}) as { readonly message?: string };
    if (!response.ok) throw new Error(message ?? `the answer was ${response.status} ${response.statusText}`.trim());
    await this.refresh();
    return answer;
  }
}

/** Of a run's page, where a coordinator is reached; that is where this page came from, if it tells no other. */
function addressOf(name: string, coordinatorUrl: string = here.coordinator.href): string {
  return new URL(`runs/${encodeURIComponent(name)}/`, runAddress(coordinatorUrl).coordinator).href;
}
