"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const text = data.strings;
const words = Object.fromEntries(data.choices);
const page = 200;
let shown = page;
const open = new Set();

function element(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "class") e.className = value; else e.setAttribute(name, value);
  }
  e.append(...children);
  return e;
}

// A line is [who, what, witness, outcome, level, the rest of the columns], each but the outcome and the level an index into the strings.
function lineText(line) { return [...line.slice(0, 3), ...line.slice(5)].map(i => text[i]).join(" ").toLowerCase(); }
const lineTexts = data.spaces.map(s => s.lines.map(lineText));
const spaceTexts = data.spaces.map(s => [s.name, ...(s.like || []), s.mesh || ""].join(" ").toLowerCase());

function state() {
  const query = document.getElementById("search").value.trim().toLowerCase();
  const outcomes = new Set([...document.querySelectorAll("input[name=outcome]:checked")].map(i => i.value));
  return { query, outcomes };
}

// matching are the numbers of the lines of a namespace that pass the filters. A name of the namespace shows all of them.
function matching(space, { query, outcomes }) {
  const whole = query === "" || spaceTexts[space].includes(query);
  const out = [];
  data.spaces[space].lines.forEach((line, i) => {
    if (outcomes.has(line[3]) && (whole || lineTexts[space][i].includes(query))) out.push(i);
  });
  return out;
}

function counted(n, what) { return n === 1 ? `1 ${what}` : `${n} ${what}s`; }

function title(s) { return s.like ? `${s.name} and ${s.like.length} more that are alike` : s.name; }

function lines(s, numbers) {
  const body = element("tbody");
  for (const i of numbers) {
    const [who, what, witness, outcome, level, ...rest] = s.lines[i];
    const reached = element("td", { class: data.levels[level][0] }, text[what]);
    if (text[witness]) reached.append(element("div", { class: "witness" }, "for example: " + text[witness]));
    body.append(element("tr", {}, element("th", { scope: "row" }, text[who]), reached, element("td", { class: "verdict" }, words[outcome]), ...rest.map(r => element("td", {}, text[r]))));
  }
  return element("table", {}, element("thead", {}, element("tr", {}, ...data.heads.map(h => element("th", { scope: "col" }, h)))), body);
}

function unfold(button, content, key, make) {
  const set = yes => {
    button.setAttribute("aria-expanded", String(yes));
    content.replaceChildren(...(yes ? make() : []));
    if (yes) open.add(key); else open.delete(key);
  };
  button.addEventListener("click", () => set(button.getAttribute("aria-expanded") !== "true"));
  set(open.has(key));
}

function showSpace(i, numbers) {
  const s = data.spaces[i];
  const content = element("div", { id: "lines-" + i });
  const button = element("button", { type: "button", "aria-expanded": "false", "aria-controls": "lines-" + i }, title(s));
  const counts = counted(numbers.length, data.unit);
  const section = element("section", { class: "space", id: "space-" + i }, element("h3", {}, button, " ", element("span", { class: "dim" }, s.mesh ? `${s.mesh}; ${counts}` : counts)), content);
  unfold(button, content, "space-" + i, () => {
    const out = s.like ? [element("p", { class: "members" }, "Also: " + s.like.join(", "))] : [];
    return [...out, lines(s, numbers)];
  });
  return section;
}

function showMatrix(visible) {
  const table = document.getElementById("matrix-table");
  const rows = visible.filter(i => data.spaces[i].cells).slice(0, shown);
  document.getElementById("matrix").hidden = rows.length === 0;
  const head = element("tr", {}, element("th", { scope: "col" }, "to the namespace of"), ...data.columns.map(c => element("th", { scope: "col" }, c)));
  const body = element("tbody");
  for (const i of rows) {
    const s = data.spaces[i];
    const row = element("tr", {}, element("th", { scope: "row" }, title(s)));
    s.cells.forEach((cell, c) => {
      if (!cell) { row.append(element("td", { class: "dim" }, "itself")); return; }
      const [of, numbers] = cell;
      const said = of.map(l => data.levels[l][1]).join(", ");
      const td = element("td", { class: "cell " + data.levels[of[0]][0] });
      if (numbers.length === 0) { td.append(said); row.append(td); return; }
      const content = element("div", {});
      const button = element("button", { type: "button", "aria-expanded": "false", "aria-label": `${said}, from ${data.columns[c]} to ${title(s)}` }, said);
      unfold(button, content, `cell-${i}-${c}`, () => [lines(s, numbers)]);
      td.append(button, content);
      row.append(td);
    });
    body.append(row);
  }
  table.replaceChildren(element("thead", {}, head), body);
}

function show() {
  const filters = state();
  const found = data.spaces.map((_, i) => matching(i, filters));
  const visible = data.spaces.map((_, i) => i).filter(i => found[i].length > 0);
  document.getElementById("spaces").replaceChildren(...visible.slice(0, shown).map(i => showSpace(i, found[i])));
  const more = document.getElementById("more");
  more.hidden = visible.length <= shown;
  more.textContent = `Show ${Math.min(page, visible.length - shown)} more of ${visible.length}`;
  const total = visible.reduce((n, i) => n + found[i].length, 0);
  document.getElementById("count").textContent = `${counted(total, data.unit)} in ${counted(visible.length, "group")} of namespaces`;
  showMatrix(visible);
}

// What stays as it is: the filters, the words of the colors, and what else is to say.
document.getElementById("choices").append(...data.choices.map(([value, words]) => {
  const box = element("input", { type: "checkbox", name: "outcome", value });
  box.checked = true;
  return element("label", {}, box, " " + words);
}));
data.levels.forEach(([color, words]) => document.getElementById("legend").append(element("span", { class: "cell " + color }, words), " "));
document.getElementById("lists").append(...data.lists.map((l, i) =>
  element("section", { "aria-labelledby": "list-" + i }, element("h2", { id: "list-" + i }, l.title), element("ul", {}, ...l.items.map(item => element("li", {}, item))))));
document.getElementById("summary").textContent = data.summary;
let timer = 0;
document.getElementById("search").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => { shown = page; show(); }, 100); });
// Not of the search: it changes when it loses the focus, and a button that is made anew under the pointer misses the click.
document.querySelectorAll("input[name=outcome]").forEach(i => i.addEventListener("change", () => { shown = page; show(); }));
document.getElementById("filters").addEventListener("submit", e => e.preventDefault());
document.getElementById("more").addEventListener("click", () => { shown += page; show(); });
addEventListener("beforeprint", () => document.querySelectorAll("section.space button[aria-expanded=false]").forEach(b => b.click()));
show();
