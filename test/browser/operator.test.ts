import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { EXAMPLE_RUN } from "../../client/pages/lib/runText.ts";
import { loadOperatorToken } from "../../server/identity/operatorToken.ts";
import type { StartCoordinatorOptions } from "../../server/startCoordinator.ts";
import { axeViolations } from "../support/axeViolations.ts";
import { launchChromium, PAGE_OPTIONS } from "../support/chromium.ts";
import { type PageRun, startPageRun } from "../support/pageRun.ts";
import { temporaryFolder } from "../support/temporaryFolder.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(() => browser?.close());

interface Operated extends PageRun {
  readonly token: string;
}

async function startOperated(options: Partial<StartCoordinatorOptions> = {}): Promise<Operated> {
  const directory = temporaryFolder();
  const run = await startPageRun({ directory, ...options });
  onTestFinished(() => run.dispose());
  return { ...run, token: await loadOperatorToken(directory) };
}

async function ask({ url, token }: Operated, path: string, body: object): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(`${url}api/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  expect(response.ok).toBe(true);
  return response.json();
}

async function openPage(url: string, bypassCSP = false): Promise<Page> {
  const context = await browser.newContext({ ...PAGE_OPTIONS, bypassCSP, viewport: { width: 1280, height: 900 } });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(8000);
  await page.goto(url);
  await page.getByText("Live").waitFor();
  return page;
}

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();
const link = (page: Page, name: RegExp) => page.getByRole("navigation").getByRole("link", { name });

async function showToken(page: Page, token: string): Promise<void> {
  await page.getByLabel("Operator's token").fill(token);
  await press(page, "Use this token");
}

describe("an operator at the page", () => {
  it("pauses, resumes, forks, stops and deletes runs, and breaks no rule of accessibility on the way", async () => {
    const run = await startOperated();
    const page = await openPage(run.url, true);
    await page.getByText("Operate this run").click();
    await showToken(page, "0".repeat(64));
    await press(page, "Pause");
    await page.getByText(/Authorization: Bearer/).waitFor();
    await press(page, "Forget the token");
    await showToken(page, run.token);
    await press(page, "Pause");
    await press(page, "Start"); // no round was ever opened
    await page.getByText("The run goes on.").waitFor();
    expect(run.coordinator.status().live.isPaused).toBe(false);

    await press(page, "Fork …");
    await page.getByLabel("Name").fill("forked");
    await page.getByLabel("Test set").selectOption("none"); // this run's is not the coordinator's own
    expect(await axeViolations(page)).toEqual([]);
    await press(page, "Make the run");
    await link(page, /forked/).click();
    await page.getByRole("heading", { name: "forked" }).waitFor();
    expect(page.url()).toBe(`${run.url}runs/forked/`);
    expect(await link(page, /forked/).getAttribute("aria-current")).toBe("page");

    await page.getByText("Operate this run").click(); // the token stays in the tab
    await press(page, "Stop …");
    expect(await axeViolations(page)).toEqual([]);
    await press(page, "Stop for good");
    await page.getByText("The run was stopped for good").waitFor();
    await press(page, "Delete …");
    await press(page, "Delete it");
    await page.getByRole("heading", { name: "mnist-page" }).waitFor();
    expect(page.url()).toBe(run.url);
  });
});

/** A page whose operator has the form for a new run open. */
async function openForm(run: Operated): Promise<Page> {
  const page = await openPage(run.url, true);
  await page.getByText("Operate this run").click();
  await showToken(page, run.token);
  await page.getByText("New run", { exact: true }).click();
  return page;
}

const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent);

describe("an operator's new run", () => {
  it("is made of the example as it is, started, listed and joined, and its file is kept for another", async () => {
    const page = await openForm(await startOperated());
    expect(await page.getByLabel("Run file").inputValue()).toBe(EXAMPLE_RUN);
    expect(await axeViolations(page)).toEqual([]);
    await page.getByLabel("Begin its rounds at once").check();
    await press(page, "Create the run");
    await page.getByText("my-run is made and started.").waitFor();
    expect(await focused(page)).toBe("Go to my-run");
    expect(await link(page, /my-run/).textContent()).toMatch(/running/);
    expect(await axeViolations(page)).toEqual([]);

    await press(page, "Create another");
    expect(await page.getByLabel("Run file").inputValue()).toBe(EXAMPLE_RUN);
    await link(page, /my-run/).click();
    await press(page, "Take sample");
    await press(page, "Join and train with my 600 rows"); // the example's quorum is one device
    await page.getByText(/^[1-9]\d* rounds?$/).waitFor();
  });

  it("is refused in the coordinator's own words, and what was typed stays, as it does while the token is mended", async () => {
    const run = await startOperated();
    const page = await openForm(run);
    const field = page.getByLabel("Run file");
    const refusal = page.getByRole("alert");
    const refused = async (text: string, words: RegExp): Promise<void> => {
      await field.fill(text);
      await press(page, "Create the run");
      await refusal.filter({ hasText: words }).waitFor();
      expect(await field.inputValue()).toBe(text);
      expect(await field.evaluate((element) => element === document.activeElement)).toBe(true);
    };
    await refused("{ name: 1 }", /the run file expected JSON/);
    await refused("[]", /the run file expected an object/);
    const misspelt = EXAMPLE_RUN.replace("rounds", "rouns");
    const response = page.waitForResponse((answer) => answer.url().endsWith("/api/runs") && answer.status() === 400);
    await refused(misspelt, /rounds/);
    const { message } = (await (await response).json()) as { message: string };
    expect(await refusal.textContent()).toContain(message);
    expect(await axeViolations(page)).toEqual([]);

    await press(page, "Forget the token");
    expect(await field.isVisible()).toBe(false);
    await showToken(page, run.token);
    expect(await field.inputValue()).toBe(misspelt);
    const file = { name: "mended.json", mimeType: "application/json", buffer: Buffer.from(EXAMPLE_RUN) };
    await page.getByLabel("Take a file").setInputFiles(file);
    await page.getByText("mended.json is in the field above.").waitFor();
    expect(await refusal.count()).toBe(0);
    await press(page, "Create the run");
    await page.getByText("my-run is made and waits for its start.").waitFor();
    expect(await link(page, /my-run/).textContent()).toMatch(/paused/);
  });

  it("says where its devices are invited, and the links are shown there once", async () => {
    const page = await openForm(await startOperated({ publicUrl: "https://fl.example.org/fl" }));
    await page.getByLabel("Run file").fill(EXAMPLE_RUN.replace('"rounds"', '"identity": "token", "rounds"'));
    await press(page, "Create the run");
    await page.getByText(/Nobody can take part before you invite them/).waitFor();
    await page.getByRole("link", { name: "Go to my-run" }).click();
    await page.getByText("Operate this run").click();
    await press(page, "Invite …");
    await page.getByLabel("How many").fill("2");
    await press(page, "Make the links");
    const links = await page.getByLabel("2 links, one a device").inputValue();
    const [first, second, ...more] = links.split("\n");
    expect(more).toEqual([]);
    expect(second).not.toBe(first);
    expect(first).toMatch(/^https:\/\/fl\.example\.org\/fl\/runs\/my-run\/#invitation=[\w-]{43}$/);
    expect(await axeViolations(page)).toEqual([]);
    await press(page, "I have them");
    expect(await page.getByText(links).count()).toBe(0);
  });
});

describe("a run that is not the default one", () => {
  it("is joined on its own page by the invitation in its link, which no request ever holds", async () => {
    const run = await startOperated();
    const document = { name: "invited", model: "softmax-regression", data: { source: "mnist" }, identity: "token" };
    await ask(run, "runs", { ...document, cohort: { size: 1 }, start: true });
    const request = { count: 1, expiresInMs: 60_000 };
    const issued = (await ask(run, "runs/invited/invitations", request)) as { invitations: { invitation: string }[] };
    const invitation = issued.invitations[0]?.invitation as string;
    const page = await openPage(`${run.url}runs/invited/#invitation=${invitation}`);
    const asked: string[] = [];
    page.on("request", (made) => asked.push(made.url()));
    await page.getByText("By invitation").waitFor();
    await press(page, "Take sample");
    expect(await page.getByLabel("Invitation").inputValue()).toBe(invitation);
    await press(page, "Join and train with my 600 rows");
    await page.getByText(/^[1-9]\d* rounds?$/).waitFor();
    await press(page, "Leave");
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((url) => url.includes(invitation))).toEqual([]);
  });
});
