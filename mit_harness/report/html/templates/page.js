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
  if ($("#pair-form")) pairViewer();

  function pairViewer() {
    const OUTCOMES = data.outcome_names;
    const SIGNS = { right: "●", wrong: "○", tie: "◐", "no score": "✕" };
    const SHORT = { minus35: "-35", minus10: "-10", up: "UP", extended: "ext", distal_up: "UP distal", discriminator: "GGG" };
    const short = (element) => SHORT[element] ?? element;
    const fields = Object.fromEntries(["claim", "kind", "model", "outcome", "order"].map((key) => [key, $(`#pair-${key}`)]));
    const catalogue = once(() => unpackJson(data.pairs.sequences));
    const blocks = data.pairs.claims.map((claim) => once(async () => read(claim, await unpack(claim.block))));
    let state = null; // what is listed: claim, block, first, n, model, places, chosen

    function read(claim, buffer) {
      const n = claim.pairs.reduce((sum, pair) => sum + pair[2], 0), m = claim.models.length;
      let at = 0;
      const take = (Kind, length) => {
        const array = new Kind(buffer, at, length);
        at += array.byteLength;
        return array;
      };
      const [winner, loser, index] = [0, 1, 2].map(() => take(Uint32Array, n));
      const scores = claim.models.map(() => ({ score: take(Float32Array, n), difference: take(Float32Array, n) }));
      for (let k = 0; k < m; k++) scores[k].outcome = take(Uint8Array, n);
      return { winner, loser, index, scores };
    }

    fields.claim.append(...data.pairs.claims.map((claim, place) => option(place, claim.id)));
    function claimChosen() {
      const claim = data.pairs.claims[fields.claim.value];
      const model = fields.model.value;
      fields.kind.replaceChildren(...claim.pairs.map(([winner, loser, n], place) => option(place, `${winner} over ${loser} (${n})`)));
      fields.model.replaceChildren(...claim.models.map((place) => option(place, data.models[place])));
      if (claim.models.includes(Number(model)) && model !== "") fields.model.value = model;
    }
    async function list() {
      const claim = data.pairs.claims[fields.claim.value];
      const block = await blocks[fields.claim.value]();
      const kind = Number(fields.kind.value);
      const first = claim.pairs.slice(0, kind).reduce((sum, pair) => sum + pair[2], 0);
      const n = claim.pairs[kind][2];
      const own = block.scores[claim.models.indexOf(Number(fields.model.value))];
      let places = Array.from({ length: n }, (_, k) => first + k);
      if (fields.outcome.value) places = places.filter((k) => OUTCOMES[own.outcome[k]] === fields.outcome.value);
      const sign = { up: 1, down: -1, index: 0 }[fields.order.value];
      places.sort((a, b) => sign * (own.difference[a] - own.difference[b]) || block.index[a] - block.index[b]);
      state = { claim, block, pair: claim.pairs[kind], places, own };
      $("#pair-count").textContent = places.length === n ? `${n} pairs` : `${places.length} of ${n} pairs`;
      $("#pair-list").tBodies[0].replaceChildren(...places.map((k) => {
        const outcome = OUTCOMES[own.outcome[k]];
        return make("tr", { "data-place": k },
          make("th", { scope: "row" }, make("button", { type: "button", class: "pick" }, `index ${block.index[k]}`)),
          cell(own.difference[k]), make("td", {}, verdict(outcome)));
      }));
      if (places.length) show(places[0]);
      else $("#pair").replaceChildren(make("p", { class: "empty" }, "No pair of this kind."));
    }
    const verdict = (outcome) => make("span", { class: `outcome o-${outcome.replace(" ", "-")}` }, make("span", { "aria-hidden": "true" }, `${SIGNS[outcome]} `), outcome);

    async function show(k) {
      const { sequences, marked, marks, layouts } = await catalogue();
      const { claim, block, pair } = state;
      state.chosen = k;
      for (const row of $("#pair-list").tBodies[0].rows) {
        const here = Number(row.dataset.place) === k;
        if (here) row.setAttribute("aria-current", "true");
        else row.removeAttribute("aria-current");
      }
      const sides = [block.winner[k], block.loser[k]].map((place, side) => {
        const [[layout], ...found] = marks[marked[place]];
        return { group: pair[side], role: side ? "has to lose" : "has to win", text: sequences[place], found, layout };
      });
      const title = make("h3", {}, `${pair[0]} over ${pair[1]}, index ${block.index[k]}`);
      const step = (text, by) => {
        const to = state.places[state.places.indexOf(k) + by];
        const button = make("button", { type: "button", disabled: to === undefined, "data-step": by }, text);
        button.addEventListener("click", async () => {
          await show(to);
          const again = $(`#pair [data-step="${by}"]`);
          (again.disabled ? $("#pair [data-step]:not(:disabled)") : again)?.focus();
        });
        return button;
      };
      $("#pair").replaceChildren(
        title,
        make("div", { class: "steps" }, step("previous pair", -1), step("next pair", 1)),
        key(layouts[sides[0].layout]),
        make("div", { class: "alignment", "aria-hidden": "true" }),
        words(sides),
        scores(claim, block, k, pair),
      );
      align(sides, layouts[sides[0].layout]);
    }

    const slug = (element) => (SHORT[element] ? element.replace("_", "-") : "other");
    function key(layout) {
      return make("ul", { class: "key", "aria-label": "Elements" },
        ...layout.map(([element]) => make("li", {}, make("span", { class: `el e-${slug(element)}` }, short(element)))),
        make("li", {}, make("span", { class: "el s-elsewhere" }, "dashed"), " out of its place"),
        make("li", {}, make("span", { class: "el s-reversed" }, "double"), " on the other strand"),
        make("li", {}, make("span", { class: "differs" }, "A"), " differs"));
    }

    function align(sides, layout) {
      const box = $("#pair .alignment");
      const probe = make("span", { class: "bases" }, "A".repeat(50));
      box.replaceChildren(make("div", { class: "line" }, probe));
      const wide = probe.getBoundingClientRect().width / 50;
      const length = Math.max(...sides.map((side) => side.text.length));
      const room = Math.floor((box.clientWidth - 8 * wide) / wide / 10) * 10; // 8: the side's name
      const size = Math.max(20, Math.min(100, room));
      const lines = [];
      for (let start = 0; start < length; start += size) lines.push(blockOf(sides, layout, start, Math.min(start + size, length)));
      box.replaceChildren(...lines);
    }
    const row = (label, kind, ...children) => make("div", { class: "line" }, make("span", { class: "who" }, label), make("span", { class: `bases ${kind}` }, ...children));
    function blockOf(sides, layout, start, stop) {
      const differs = (k) => sides[0].text[k] !== sides[1].text[k];
      let carets = "";
      for (let k = start; k < stop; k++) carets += differs(k) ? "^" : " ";
      return make("div", { class: "block" },
        row("", "ruler", ruler(start, stop)),
        row("places", "places", labels(layout.map(([element, , from, to]) => [from, to, element]), start, stop, false)),
        row("", "tags", labels(sides[0].found, start, stop, true)),
        row("win", "sequence", ...bases(sides[0], differs, start, stop)),
        row("", "carets", carets),
        row("lose", "sequence", ...bases(sides[1], differs, start, stop)),
        row("", "tags", labels(sides[1].found, start, stop, true)));
    }
    function ruler(start, stop) {
      let text = "";
      for (let k = start; k < stop; k += 10) text += `|${k}`.padEnd(10);
      return text.slice(0, stop - start);
    }
    /** Names of elements above their places; of one that is too long for its place, the first letters. */
    function labels(found, start, stop, tags) {
      const line = new Array(stop - start).fill(" ");
      for (const [from, to, element, state] of found) {
        const room = to - from;
        let text = short(element);
        if (tags && state === "reversed") text = `<${text}`;
        else if (tags && state !== "in place") text = `~${text}`;
        text = room < text.length ? text.slice(0, room) : tags ? text.padEnd(room, "─") : `[${text}`.padEnd(room - 1).slice(0, room - 1) + "]";
        for (let k = 0; k < room; k++) if (from + k >= start && from + k < stop) line[from + k - start] = text[k];
      }
      return line.join("");
    }
    function bases(side, differs, start, stop) {
      const kinds = new Array(side.text.length).fill("");
      for (const [from, to, element, state] of side.found) {
        for (let k = from; k < to; k++) kinds[k] = `el e-${slug(element)} s-${state.replace(" ", "-")}`;
      }
      const spans = [];
      for (let k = start; k < stop; k++) {
        const sign = side.text[k] ?? "·";
        const kind = [kinds[k] ?? "", differs(k) ? "differs" : ""].filter(Boolean).join(" ");
        const last = spans.at(-1);
        if (last && last.kind === kind) last.text += sign;
        else spans.push({ kind, text: sign });
      }
      return spans.map(({ kind, text }) => (kind ? make("span", { class: kind }, text) : text));
    }
    function words(sides) {
      const [a, b] = sides.map((side) => side.text);
      const apart = [];
      for (let k = 0; k < Math.max(a.length, b.length); k++) {
        if (a[k] === b[k]) continue;
        if (apart.length && apart.at(-1)[1] === k) apart.at(-1)[1] = k + 1;
        else apart.push([k, k + 1]);
      }
      const count = apart.reduce((sum, [from, to]) => sum + to - from, 0);
      const found = (side) => side.found.length === 0 ? "none" : side.found.map(([from, to, element, state, wrong]) =>
        `${short(element)} at [${from},${to}) ${state}${wrong ? `, ${wrong} mismatch${wrong > 1 ? "es" : ""}` : ""}`).join("; ");
      return make("details", { class: "spoken" },
        make("summary", {}, "The same in words, and as plain text"),
        make("p", {}, `The two differ at ${count} of ${Math.max(a.length, b.length)} places${count ? `: ${apart.map(([from, to]) => (to - from > 1 ? `[${from},${to})` : from)).join(", ")}` : ""}. Places are 0-based and half-open.`),
        ...sides.flatMap((side) => [
          make("p", {}, make("b", {}, side.group), ` (${side.role}). Elements: ${found(side)}.`),
          make("p", { class: "plain-text" }, side.text),
        ]));
    }
    function scores(claim, block, k, pair) {
      const rows = claim.models.map((place, m) => {
        const { score, difference, outcome } = block.scores[m];
        return [data.models[place], score[k], score[k] - difference[k], difference[k], OUTCOMES[outcome[k]]];
      });
      const table = grid(`What every model makes of this pair`, ["model", pair[0], pair[1], "difference", "outcome"], rows);
      for (const line of table.tBodies[0].rows) line.cells[4].replaceChildren(verdict(line.cells[4].textContent));
      return make("div", { class: "scroll", role: "region", "aria-label": "Scores of this pair", tabindex: "0" }, table);
    }

    $("#pair-list").addEventListener("click", (event) => {
      const button = event.target.closest("button.pick");
      if (button) show(Number(button.closest("tr").dataset.place));
    });
    fields.claim.addEventListener("change", () => { claimChosen(); list(); });
    for (const key of ["kind", "model", "outcome", "order"]) fields[key].addEventListener("change", list);
    let pending;
    addEventListener("resize", () => {
      clearTimeout(pending);
      pending = setTimeout(() => state?.chosen !== undefined && show(state.chosen), 200);
    });
    claimChosen();
    whenNear($("#pairs"), list);
  }

  reveal();
})();
