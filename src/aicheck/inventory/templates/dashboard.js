"use strict";
(() => {
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  document.querySelectorAll("[data-js]").forEach((element) => { element.hidden = false; });
  document.querySelectorAll("table[data-sortable]").forEach((table) => {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows);
    const heads = Array.from(table.tHead.rows[0].cells);
    const search = document.getElementById(`${table.id}-search`);
    const status = document.getElementById(`${table.id}-status`);
    let order = null;
    const draw = () => {
      const wanted = search ? search.value.trim().toLowerCase() : "";
      let shown = rows.filter((row) => !wanted || row.textContent.toLowerCase().includes(wanted));
      if (order) {
        const text = (row) => row.cells[order.column].textContent.trim();
        shown = shown.slice().sort((a, b) => order.direction * collator.compare(text(a), text(b)));
      }
      body.replaceChildren(...shown);
      if (status) { status.textContent = `${shown.length} of ${rows.length} rows`; }
    };
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent.trim();
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = order && order.column === column && order.direction === 1;
        order = { column, direction: down ? -1 : 1 };
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        draw();
      });
    });
    if (search) { search.addEventListener("input", draw); }
    draw();
  });
})();
