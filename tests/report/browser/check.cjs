// Opens a report in a headless browser and answers, as JSON, what a person would see and what axe-core says.
// Usage: node check.cjs PAGE CHROMIUM OUTPUT_DIRECTORY [quick] (NODE_PATH names playwright-core and axe-core)
"use strict";
const { chromium } = require("playwright-core");
const axe = require("axe-core").source;
const path = require("node:path");
const { pathToFileURL } = require("node:url");

(async () => {
  const [page_path, executablePath, out, quick] = process.argv.slice(2);
  const url = pathToFileURL(path.resolve(page_path)).href;
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  const result = { requests: [], errors: [], dialogs: 0, axe: {} };
  const open = async (options = {}) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: false, ...options });
    const page = await context.newPage();
    page.on("request", (request) => { if (request.url() !== url) { result.requests.push(request.url()); } });
    page.on("console", (message) => { if (message.type() === "error") { result.errors.push(message.text()); } });
    page.on("pageerror", (error) => result.errors.push(String(error)));
    page.on("dialog", (dialog) => { result.dialogs += 1; dialog.dismiss(); });
    await page.goto(url);
    return page;
  };

  const page = await open();
  const rows = () => page.locator("#models-table tbody tr:not(.group)").count();
  const first = () => page.locator("#models-table tbody tr td a").first().textContent();
  result.paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null);
  result.rows = await rows();
  if (result.rows > 0) {
    result.unsorted = await first();
    await page.locator("#models-table thead button").first().click();
    result.ascending = await first();
    await page.locator("#models-table thead button").first().click();
    result.descending = await first();
    result.sort_state = await page.locator("#models-table thead th").first().getAttribute("aria-sort");
    await page.fill("#models-search", "qwen");
    result.searched = await rows();
    await page.fill("#models-search", "");
    await page.selectOption("#models-flag", "finding");
    result.with_findings = await rows();
    await page.selectOption("#models-flag", "");
    await page.selectOption("#models-group", "developer");
    result.groups = await page.locator("#models-table tbody tr.group").count();
    await page.selectOption("#models-group", "");
    await page.locator("#models-table tbody tr td a").first().click();
    await page.locator("details.model[open]").first().waitFor();
    result.opened = await page.locator("details.model[open]").count();
    if (await page.locator("#details-json").count()) {
      // A section that is not part of the page is made of the packed data when its link is followed.
      const id = await page.evaluate(() => Object.keys(JSON.parse(document.getElementById("details-json").textContent).sections)[0]);
      result.before = await page.locator(`#${id}`).count();
      await page.evaluate((one) => { location.hash = one; }, id);
      await page.locator(`#${id}[open]`).waitFor();
      result.made = await page.locator(`#${id} table`).count();
      result.status = await page.textContent("#models-status");
      await page.locator("#models-more").click();
      result.more = await rows();
    }
  }
  if (await page.locator("#findings-level").count()) {
    await page.selectOption("#findings-level", "error");
    result.errors_shown = await page.locator(".finding:visible").count();
    await page.selectOption("#findings-level", "");
  }
  result.injected = await page.evaluate(() => window.injected === true);
  result.width = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (await page.locator("#report-json").count()) {
    result.embedded = await page.evaluate(() => JSON.parse(document.getElementById("report-json").textContent).verdict);
  }

  for (const scheme of quick ? [] : ["light", "dark"]) {
    const themed = await open({ colorScheme: scheme });
    await themed.evaluate(() => document.querySelectorAll("details").forEach((one, index) => { one.open = index < 5; }));
    await themed.screenshot({ path: path.join(out, `${scheme}.png`), fullPage: result.rows < 100 });
    if (result.rows < 100) {
      // In the test's own world: the page's policy forbids the injected script.
      const checker = await browser.newContext({ bypassCSP: true, colorScheme: scheme });
      const checked = await checker.newPage();
      await checked.goto(url);
      await checked.evaluate(() => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
      await checked.addScriptTag({ content: axe });
      const found = await checked.evaluate(() => window.axe.run());
      result.axe[scheme] = found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 2).map((node) => node.html).join(" | ")}`);
      await checker.close();
    }
  }
  if (quick) {
    await page.screenshot({ path: path.join(out, "page.png") });
    await browser.close();
    process.stdout.write(JSON.stringify(result));
    return;
  }
  const mobile = await open({ viewport: { width: 390, height: 800 } });
  await mobile.screenshot({ path: path.join(out, "narrow.png") });
  result.narrow = await mobile.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

  const bare = await open({ javaScriptEnabled: false });
  result.without_script = {
    tools: await bare.locator(".tools:visible").count(),
    rows: await bare.locator("#models-table tbody tr").count(),
    findings: await bare.locator(".finding:visible").count(),
  };
  if (result.rows < 100) { await page.pdf({ path: path.join(out, "print.pdf") }); }
  await browser.close();
  process.stdout.write(JSON.stringify(result));
})().catch((error) => { process.stderr.write(String(error.stack)); process.exit(1); });
