"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const data = JSON.parse($("#data").textContent);
  const root = document.documentElement;

  /** Make an element; strings are text, never HTML. */
  function make(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children);
    return node;
  }
  const option = (value, text) => make("option", { value }, text);
  const name = (text) => make("bdi", { class: "name" }, text);

  // ---- packed data ----
  async function unpack(text) {
    const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).arrayBuffer();
  }
  const unpackJson = async (text) => JSON.parse(new TextDecoder().decode(await unpack(text)));
  const once = (get) => {
    let made;
    return () => (made ??= get());
  };

  // ---- numbers ----
  const DASH = "–";
  function number(value, digits = 4) {
    if (value === null || value === undefined) return DASH;
    if (typeof value === "string") return value;
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "-∞";
    if (value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-4)) return value.toExponential(digits - 2);
    return String(Number(value.toPrecision(digits)));
  }
  function sortable(value) {
    if (value === null || value === undefined || value === "NaN") return "";
    if (value === "∞") return "1e300";
    return value === "-∞" ? "-1e300" : String(value);
  }
  function cell(value, text) {
    return make("td", { class: "num", "data-sort": sortable(value) }, text ?? number(value));
  }

  // ---- theme ----
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const redrawers = [];
  function themed() {
    for (const redraw of redrawers) redraw();
  }
  $("#theme").addEventListener("change", (event) => {
    if (event.target.value) root.dataset.theme = event.target.value;
    else delete root.dataset.theme;
    themed();
  });
  dark.addEventListener("change", themed);

  // ---- sorting: any column heading with a button ----
  function value(row, column) {
    const at = row.cells[column];
    if (!at) return "";
    return at.dataset.sort ?? at.textContent.trim();
  }
  function sort(table, heading) {
    const column = heading.cellIndex;
    const current = heading.getAttribute("aria-sort");
    const numeric = heading.classList.contains("num");
    const first = numeric ? "descending" : "ascending";
    const other = numeric ? "ascending" : "descending";
    const way = current === first ? other : first;
    for (const each of $$("th[aria-sort]", table)) each.setAttribute("aria-sort", "none");
    heading.setAttribute("aria-sort", way);
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row, place) => ({ row, place, value: value(row, column) }));
    const sign = way === "ascending" ? 1 : -1;
    rows.sort((a, b) => {
      if (a.value === "" || b.value === "") return (a.value === "") - (b.value === "") || a.place - b.place;
      const x = Number(a.value), y = Number(b.value);
      const order = Number.isNaN(x) || Number.isNaN(y) ? a.value.localeCompare(b.value, "en", { numeric: true }) : x - y;
      return sign * order || a.place - b.place;
    });
    body.append(...rows.map((each) => each.row));
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.sort");
    if (button) sort(button.closest("table"), button.closest("th"));
  });

  // ---- filters: text and lists of words on each row ----
  function matches(row, wanted) {
    return wanted.every(([key, text]) => {
      const held = row.dataset[key] ?? "";
      return key === "text" ? held.toLowerCase().includes(text.toLowerCase()) : held.split(" ").includes(text);
    });
  }
  function filter(form) {
    const table = document.getElementById(form.dataset.table);
    const wanted = $$("[data-filter]", form).filter((field) => field.value).map((field) => [field.dataset.filter, field.value]);
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      row.hidden = !matches(row, wanted);
      shown += !row.hidden;
    }
    const count = document.getElementById(`${form.dataset.table}-count`);
    const all = table.tBodies[0].rows.length;
    count.textContent = shown === all ? `${all} ${count.dataset.what}` : `${shown} of ${all} ${count.dataset.what}`;
  }
  for (const form of $$("form.filters")) {
    form.addEventListener("submit", (event) => event.preventDefault());
    if (!form.dataset.table) continue;
    for (const kind of ["input", "change"]) form.addEventListener(kind, () => filter(form));
  }

  // ---- from a verdict to its reason ----
  function reveal() {
    const row = location.hash.startsWith("#reason-") && document.getElementById(location.hash.slice(1));
    if (!row) return;
    if (row.hidden) {
      const form = $('form[data-table="why"]');
      form.reset();
      filter(form);
    }
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "center" });
  }
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.reason");
    if (link && link.getAttribute("href") === location.hash) reveal();
  });

  // ---- figures ----
  const figures = once(() => unpackJson(data.figures));
  const drawn = new Map();
  async function draw(box) {
    const { spec } = (await figures())[Number(box.dataset.figure)];
    const look = isDark() ? "dark" : "light";
    drawn.get(box)?.finalize();
    try {
      const target = make("div", { "aria-hidden": "true" }); // the box has the words for it
      const config = { ...data.themes[look], aria: false };
      const options = { actions: false, renderer: "svg", config, tooltip: { theme: look }, logLevel: 1 };
      const made = await vegaEmbed(target, structuredClone(spec), options);
      box.replaceChildren(target);
      drawn.set(box, made);
    } catch (error) {
      box.replaceChildren(make("p", { class: "empty" }, `This figure cannot be drawn here (${error.message}); its numbers stand below.`));
    }
  }
  if ($(".chart")) {
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        seen.unobserve(entry.target);
        draw(entry.target);
      }
    }, { rootMargin: "400px" });
    for (const box of $$(".chart")) seen.observe(box);
    redrawers.push(() => [...drawn.keys()].forEach(draw));
    addEventListener("beforeprint", () => $$(".chart").filter((box) => !drawn.has(box)).forEach(draw));
  }
  for (const details of $$("details.data")) {
    details.addEventListener("toggle", async () => {
      const place = $(".scroll", details);
      if (!details.open || place.firstChild) return;
      const { header, rows, title } = (await figures())[Number(details.dataset.figure)];
      place.append(grid(title, header, rows));
    });
  }
  function grid(title, header, rows) {
    const numeric = header.map((_, column) => rows.some((row) => typeof row[column] === "number"));
    const heading = (text, column) =>
      make("th", { scope: "col", "aria-sort": "none", class: numeric[column] ? "num" : null },
        make("button", { type: "button", class: "sort" }, text, make("span", { class: "arrow", "aria-hidden": "true" })));
    const body = rows.map((row) => make("tr", {}, ...row.map((each, column) => {
      if (column === 0) return make("th", { scope: "row" }, name(String(each ?? DASH)));
      return numeric[column] ? cell(each) : make("td", {}, String(each ?? DASH));
    })));
    return make("table", {}, make("caption", {}, title), make("thead", {}, make("tr", {}, ...header.map(heading))), make("tbody", {}, ...body));
  }

  // ---- every number ----
  const numbers = once(() => unpackJson(data.numbers));
  async function listNumbers() {
    const { texts, rows } = await numbers();
    const [claim, model] = [$("#metrics-claim").value, $("#metrics-model").value];
    const kept = rows.filter((row) => (model === "" || row[0] === Number(model)) && (claim === "" || row[1] === Number(claim)));
    $("#metrics").tBodies[0].replaceChildren(...kept.map((row) => {
      const [m, c, metric, value, low, high, p, n, ties, mde, , ...parts] = row;
      const [unit, test, method, role, note] = parts.map((place) => texts[place]);
      const how = [unit, test, method, note].filter(Boolean).join("; ");
      return make("tr", { "data-text": `${data.models[m]} ${metric}` },
        make("th", { scope: "row" }, name(data.models[m])), make("td", {}, data.claims[c]), make("td", {}, metric),
        ...[value, low, high, p, n, ties, mde].map((each) => cell(each)), make("td", {}, role || "reported"), make("td", { class: "text" }, how));
    }));
    for (const th of $$("#metrics th[aria-sort]")) th.setAttribute("aria-sort", "none");
    filter($('form[data-table="metrics"]'));
  }
  if ($("#metrics")) {
    const [claim, model] = [$("#metrics-claim"), $("#metrics-model")];
    claim.append(option("", "all"), ...data.claims.map((text, place) => option(place, text)));
    model.append(option("", "all"), ...data.models.map((text, place) => option(place, text)));
    claim.value = "0";
    for (const field of [claim, model]) {
      field.addEventListener("change", () => {
        if (claim.value === "" && model.value === "") claim.value = "0";
        listNumbers();
      });
    }
    whenNear($("#numbers"), listNumbers);
  }
  /** Call once an element is nearly in view, so that a long page opens at once. */
  function whenNear(element, call) {
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      call();
    }, { rootMargin: "600px" });
    seen.observe(element);
  }

  // ---- outcomes ----
  if ($("#outcomes")) {
    whenNear($("#errors"), async () => {
      const rows = await unpackJson(data.outcomes);
      $("#outcomes").tBodies[0].append(...rows.map(([model, claim, winner, loser, ...counts]) =>
        make("tr", { "data-text": `${model} ${winner} ${loser}`, "data-claim": claim },
          make("th", { scope: "row" }, name(model)), ...[claim, winner, loser].map((text) => make("td", {}, text)), ...counts.map((each) => cell(each)))));
      filter($('form[data-table="outcomes"]'));
    });
  }

  // ---- pairs ----
  if ($("#pair-form")) pairViewer({ $, make, option, once, unpack, unpackJson, cell, grid, whenNear, data });

  reveal();
})();
