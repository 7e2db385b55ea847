// Opens a dashboard or an answer of the inventory and says, as JSON, what a person would meet and what axe-core says.
// Usage: node dashboard.cjs PAGE CHROMIUM OUTPUT_DIRECTORY (NODE_PATH names playwright-core and axe-core)
"use strict";
const { chromium } = require("playwright-core");
const axe = require("axe-core").source;
const path = require("node:path");
const { pathToFileURL } = require("node:url");

(async () => {
  const [page_path, executablePath, out] = process.argv.slice(2);
  const url = pathToFileURL(path.resolve(page_path)).href;
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  const result = { requests: [], errors: [], dialogs: 0, axe: {}, wide: {} };
  const looks = {
    light: { colorScheme: "light", viewport: { width: 1280, height: 900 } },
    dark: { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
    phone: { colorScheme: "light", viewport: { width: 390, height: 800 } },
    plain: { colorScheme: "light", viewport: { width: 1280, height: 900 }, javaScriptEnabled: false },
  };
  for (const [name, options] of Object.entries(looks)) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.on("request", (request) => { if (request.url() !== url) { result.requests.push(request.url()); } });
    page.on("console", (message) => { if (message.type() === "error") { result.errors.push(message.text()); } });
    page.on("pageerror", (error) => result.errors.push(String(error)));
    page.on("dialog", (dialog) => { result.dialogs += 1; dialog.dismiss(); });
    await page.goto(url);
    await page.screenshot({ path: path.join(out, `${name}.png`), fullPage: true });
    if (name === "plain") {
      result.rows_without_script = await page.locator("tbody tr").count();
      continue;
    }
    result.wide[name] = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    // The page's policy allows no script of others: the checker comes in through the debugger.
    await page.evaluate(axe);
    const found = await page.evaluate(() => globalThis.axe.run(document));
    result.axe[name] = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`);
    if (name === "light") {
      result.rows = await page.locator("tbody tr").count();
      const sorter = page.locator("thead button").first();
      if (await sorter.count()) {
        const table = page.locator("table", { has: sorter }).first();
        const column = () => table.locator("tbody tr td:first-child").allTextContents();
        await sorter.click();
        const up = await column();
        await sorter.click();
        const down = await column();
        result.sorted = JSON.stringify(up) === JSON.stringify([...down].reverse()) || up.length < 2;
      }
    }
  }
  await browser.close();
  console.log(JSON.stringify(result));
})().catch((error) => { console.error(error); process.exit(1); });
