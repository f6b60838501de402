import { parseRunList, type RunSummary } from "headwater";
import { here } from "./coordinatorUrl.ts";

const TOKEN_KEY = "headwater-operator-token";

/** What an operator may ask for. */
export type OperatorAction = "start" | "pause" | "resume" | "stop";

/** The runs of the coordinator, and an operator's hands on them. The token stays in this tab and is never stored longer. */
export class Runs {
  list: readonly RunSummary[] = $state.raw([]);
  token = $state(sessionStorage.getItem(TOKEN_KEY) ?? "");

  /** Reads the list again; while it cannot be read, the last known one stays. */
  async refresh(): Promise<void> {
    const response = await fetch(new URL("api/runs", here.coordinator)).catch(() => undefined);
    if (response?.ok) this.list = parseRunList(await response.json());
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

  /** @throws Error with the coordinator's own words. */
  async fork(runId: string, fork: { readonly name: string; readonly round?: number }): Promise<RunSummary> {
    const [made] = parseRunList({ runs: [await this.#send("POST", `runs/${runId}/fork`, fork)] });
    return made as RunSummary;
  }

  /** @throws Error with the coordinator's own words. */
  async delete(runId: string, name: string): Promise<void> {
    await this.#send("DELETE", `runs/${runId}?confirm=${encodeURIComponent(name)}`);
  }

  /** Of a run's page; the default run has the coordinator's own. */
  pageOf({ name, isDefault }: RunSummary): string {
    return isDefault ? here.coordinator.href : new URL(`runs/${encodeURIComponent(name)}/`, here.coordinator).href;
  }

  async #send(method: string, path: string, body?: object): Promise<unknown> {
    const headers = { authorization: `Bearer ${this.token}`, "content-type": "application/json" };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(new URL(`api/${path}`, here.coordinator), init);
    const answer: unknown = response.status === 204 ? undefined : await response.json();
    if (!response.ok) throw new Error((answer as { readonly message: string }).message);
    await this.refresh();
    return answer;
  }
}
