"use strict";
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const get = (id) => document.getElementById(id);
  all("[data-js]").forEach((element) => { element.hidden = false; });

  // Models: search, filters, sorting, grouping. Rows carry their facts as data attributes.
  const table = get("models-table");
  if (table) {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows);
    const status = get("models-status");
    const controls = ["models-search", "models-origin", "models-license", "models-flag", "models-group"].map(get);
    const [search, origin, license, flag, group] = controls;
    const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
    let order = null;
    const text = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
    const draw = () => {
      const wanted = search.value.trim().toLowerCase();
      let shown = rows.filter((row) =>
        (!wanted || text.get(row).includes(wanted)) &&
        (!origin.value || row.dataset.origin.split(" ").includes(origin.value)) &&
        (!license.value || row.dataset.license === license.value) &&
        (!flag.value || row.dataset.flags.split(" ").includes(flag.value)));
      if (order) {
        const cell = (row) => row.cells[order.column].dataset.sort ?? row.cells[order.column].textContent.trim();
        shown = shown.slice().sort((a, b) => order.direction * collator.compare(cell(a), cell(b)));
      }
      const parts = document.createDocumentFragment();
      if (group.value) {
        const groups = new Map();
        shown.forEach((row) => {
          const key = row.dataset[group.value] || "unknown";
          if (!groups.has(key)) { groups.set(key, []); }
          groups.get(key).push(row);
        });
        Array.from(groups.keys()).sort(collator.compare).forEach((key) => {
          const heading = document.createElement("tr");
          heading.className = "group";
          const cell = document.createElement("th");
          cell.colSpan = table.tHead.rows[0].cells.length;
          cell.scope = "rowgroup";
          cell.textContent = `${key} (${groups.get(key).length})`;
          heading.append(cell);
          parts.append(heading, ...groups.get(key));
        });
      } else {
        parts.append(...shown);
      }
      body.replaceChildren(parts);
      status.textContent = `${shown.length} of ${rows.length} models`;
    };
    controls.forEach((control) => control.addEventListener("input", draw));
    all("thead th", table).forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent.trim();
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = order && order.column === column && order.direction === 1;
        order = { column, direction: down ? -1 : 1 };
        all("thead th", table).forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        draw();
      });
    });
    draw();
  }

  // Findings: by level and by rule.
  const level = get("findings-level");
  const rule = get("findings-rule");
  if (level && rule) {
    const findings = all(".finding[data-level]");
    const show = () => {
      let count = 0;
      findings.forEach((finding) => {
        const keep = (!level.value || finding.dataset.level === level.value) &&
          (!rule.value || finding.dataset.rule === rule.value);
        finding.hidden = !keep;
        count += keep ? 1 : 0;
      });
      get("findings-status").textContent = `${count} of ${findings.length} findings`;
    };
    level.addEventListener("input", show);
    rule.addEventListener("input", show);
    show();
  }

  // A link to a model opens its section; printing opens all.
  const open = () => {
    const target = location.hash.length > 1 ? get(location.hash.slice(1)) : null;
    if (target && target.tagName === "DETAILS") { target.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", open);
  open();
  let closed = [];
  addEventListener("beforeprint", () => { closed = all("details:not([open])"); closed.forEach((one) => { one.open = true; }); });
  addEventListener("afterprint", () => { closed.forEach((one) => { one.open = false; }); });

  const save = get("save-json");
  const data = get("report-json");
  if (save && data) {
    save.addEventListener("click", () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([data.textContent], { type: "application/json" }));
      link.download = "aicheck-report.json";
      link.click();
      URL.revokeObjectURL(link.href);
    });
  }
})();
