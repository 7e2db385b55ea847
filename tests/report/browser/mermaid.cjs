// Draws Mermaid charts with the real library, as pages that show Markdown do (no click handlers, strict security).
// Usage: node mermaid.cjs CHARTS.json CHROMIUM; answers, as JSON, per chart: the error, the drawn labels, the elements.
"use strict";
const { chromium } = require("playwright-core");
const fs = require("node:fs");
const path = require("node:path");

(async () => {
  const [charts, executablePath] = process.argv.slice(2);
  const library = path.join(path.dirname(require.resolve("mermaid/package.json")), "dist", "mermaid.min.js");
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  const page = await browser.newPage();
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.setContent("<!doctype html><title>charts</title><div id=out></div>");
  await page.addScriptTag({ path: library });
  const drawn = await page.evaluate(async (texts) => {
    window.mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });
    const found = [];
    for (const [number, text] of texts.entries()) {
      try {
        const { svg } = await window.mermaid.render(`chart${number}`, text);
        const out = document.getElementById("out");
        out.innerHTML = svg;
        found.push({
          error: null,
          labels: Array.from(out.querySelectorAll(".nodeLabel"), (one) => one.textContent),
          edges: out.querySelectorAll("path.flowchart-link").length,
          active: out.querySelectorAll("script, a, img, iframe, [onclick], [onerror]").length,
        });
      } catch (error) { found.push({ error: String(error) }); }
    }
    return { found, injected: window.injected === true };
  }, JSON.parse(fs.readFileSync(charts, "utf8")));
  await browser.close();
  process.stdout.write(JSON.stringify({ ...drawn, requests: requests.filter((url) => !url.startsWith("about:")) }));
})().catch((error) => { process.stderr.write(String(error.stack)); process.exit(1); });
