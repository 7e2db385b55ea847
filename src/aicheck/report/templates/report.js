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
    // A browser lays thousands of rows out anew at each change: a part is shown, and more when asked for.
    const page = 250;
    let limit = page;
    const more = document.createElement("button");
    more.type = "button";
    more.id = "models-more";
    table.parentElement.after(more);
    more.addEventListener("click", () => { limit += page; draw(); });
    addEventListener("beforeprint", () => { limit = rows.length; draw(); });
    addEventListener("afterprint", () => { limit = page; draw(); });
    const columns = { countries: 2, developer: 3, roots: 5 };
    let order = null;
    const texts = new Map();
    const text = (row) => {
      if (!texts.has(row)) { texts.set(row, row.textContent.toLowerCase()); }
      return texts.get(row);
    };
    const draw = () => {
      const wanted = search.value.trim().toLowerCase();
      let shown = rows.filter((row) =>
        (!wanted || text(row).includes(wanted)) &&
        (!origin.value || row.dataset.origin.split(" ").includes(origin.value)) &&
        (!license.value || row.dataset.license === license.value) &&
        (!flag.value || row.dataset.flags.split(" ").includes(flag.value)));
      if (order) {
        const cell = (row) => row.cells[order.column].dataset.sort ?? row.cells[order.column].textContent.trim();
        shown = shown.slice().sort((a, b) => order.direction * collator.compare(cell(a), cell(b)));
      }
      const total = shown.length;
      const parts = document.createDocumentFragment();
      if (group.value) {
        const groups = new Map();
        shown.forEach((row) => {
          const column = columns[group.value];
          const key = (column ? row.cells[column].textContent : row.dataset[group.value]) || "unknown";
          if (!groups.has(key)) { groups.set(key, []); }
          groups.get(key).push(row);
        });
        let left = limit;
        Array.from(groups.keys()).sort(collator.compare).forEach((key) => {
          if (left <= 0) { return; }
          const heading = document.createElement("tr");
          heading.className = "group";
          const cell = document.createElement("th");
          cell.colSpan = table.tHead.rows[0].cells.length;
          cell.scope = "rowgroup";
          cell.textContent = `${key} (${groups.get(key).length})`;
          heading.append(cell);
          const part = groups.get(key).slice(0, left);
          left -= part.length;
          parts.append(heading, ...part);
        });
      } else {
        parts.append(...shown.slice(0, limit));
      }
      body.replaceChildren(parts);
      status.textContent = `${total} of ${rows.length} models` + (total > limit ? `, the first ${limit} are shown` : "");
      more.hidden = total <= limit;
      more.textContent = `Show ${Math.min(page, total - limit)} more`;
    };
    const restart = () => { limit = page; draw(); };
    controls.forEach((control) => control.addEventListener("input", restart));
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

  // Findings: by level and by rule; what is asked for is opened.
  const level = get("findings-level");
  const rule = get("findings-rule");
  if (level && rule) {
    const groups = all("details.rule");
    const size = (group) => group.querySelectorAll(".finding").length;
    const total = groups.reduce((sum, group) => sum + size(group), 0);
    const as_written = new Map(groups.map((group) => [group, group.open]));
    const show = () => {
      let count = 0;
      groups.forEach((group) => {
        const keep = (!level.value || group.dataset.level === level.value) &&
          (!rule.value || group.dataset.rule === rule.value);
        group.hidden = !keep;
        group.open = rule.value ? keep : as_written.get(group);
        count += keep ? size(group) : 0;
      });
      get("findings-status").textContent = `${count} of ${total} findings`;
    };
    level.addEventListener("input", show);
    rule.addEventListener("input", show);
    show();
    all(".tiles a[data-level]").forEach((tile) => tile.addEventListener("click", () => { level.value = tile.dataset.level; show(); }));
  }

  // Sections that are not part of the page are made of packed data; foreign text becomes text nodes only.
  const make = (name, text, attributes = {}) => {
    const element = document.createElement(name);
    if (text !== undefined) { element.textContent = text; }
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    return element;
  };
  let packed = null;
  const section = (id) => {
    if (!packed) {
      const source = get("details-json");
      packed = source ? JSON.parse(source.textContent) : { texts: [], rows: [], sections: {} };
    }
    const data = Object.hasOwn(packed.sections, id) ? packed.sections[id] : null;
    if (!data) { return null; }
    const text = (number) => packed.texts[number];
    const row = (number) => packed.rows[number].map((cell) => (Array.isArray(cell) ? cell.map(text) : [text(cell)]));
    const words = (number) => row(number).map(([word]) => word);
    const [name, who, facts, tables, places, more] = data;
    const model = make("details", undefined, { class: "model", id });
    const summary = make("summary");
    summary.append(make("strong", text(name)), " ", make("span", text(who), { class: "who" }));
    const list = make("dl");
    facts.map(words).forEach(([label, value]) => list.append(make("dt", label), make("dd", value)));
    model.append(summary, list);
    tables.forEach(([title, label, head, rows, mono, left]) => {
      const table = make("table");
      const heads = make("tr");
      heads.append(...words(head).map((one) => make("th", one, { scope: "col" })));
      const thead = make("thead");
      thead.append(heads);
      const tbody = make("tbody");
      rows.map(row).forEach((cells) => {
        const line = make("tr");
        cells.forEach(([value, badge], column) => {
          const entry = make("td", value, mono.includes(column) ? { class: "mono" } : {});
          if (badge) { entry.append(" ", make("span", badge, { class: `badge ${badge === "root" ? "plain" : "warning"}` })); }
          line.append(entry);
        });
        tbody.append(line);
      });
      table.append(thead, tbody);
      const box = make("div", undefined, { class: "scroll", tabindex: "0", role: "group", "aria-label": text(label) });
      box.append(table);
      model.append(make("h3", text(title)), box);
      if (left) { model.append(make("p", `and ${left} more`, { class: "none" })); }
    });
    const named_at = words(places);
    if (named_at.length) {
      const named = make("ul");
      named.append(...named_at.map((one) => make("li", text(one), { class: "mono" })));
      model.append(make("h3", "Where it is named"), named);
      if (more) { model.append(make("p", `and ${more} more places`, { class: "none" })); }
    }
    get("details").append(model);
    return model;
  };

  // A link to a model or a rule opens its section; printing opens all.
  const open = () => {
    const id = location.hash.slice(1);
    if (!/^(?:m|rule-)[0-9]+$/.test(id)) { return; }
    const target = get(id) || (id[0] === "m" ? section(id) : null);
    if (target) { target.open = true; target.scrollIntoView(); }
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
