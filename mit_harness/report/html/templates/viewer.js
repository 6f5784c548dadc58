"use strict";
/** The pair viewer; its tools are those of page.js. */
function pairViewer({ $, make, option, once, unpack, unpackJson, cell, grid, whenNear, data }) {
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
