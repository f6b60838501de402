import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { loadOperatorToken } from "../../server/identity/operatorToken.ts";
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

async function startOperated(): Promise<Operated> {
  const directory = temporaryFolder();
  const run = await startPageRun({ directory });
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
