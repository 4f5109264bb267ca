"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const text = data.strings;
const words = { allow: "allowed", deny: "nothing", "not-judged": "NOT JUDGED" };
const levels = ["none", "some", "all", "unknown"];
const levelWords = ["nothing", "some requests", "all of a target", "NOT JUDGED"];
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

// A line is [who, reaches, by, witness, outcome, level], each but the last two an index into the strings.
function lineText(line) { return line.slice(0, 4).map(i => text[i]).join(" ").toLowerCase(); }
const lineTexts = data.spaces.map(s => s.lines.map(lineText));
const spaceTexts = data.spaces.map(s => [s.name, ...(s.like || []), s.mesh].join(" ").toLowerCase());

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
    if (outcomes.has(line[4]) && (whole || lineTexts[space][i].includes(query))) out.push(i);
  });
  return out;
}

function title(s) { return s.like ? `${s.name} and ${s.like.length} more that are alike` : s.name; }

function lines(s, numbers) {
  const body = element("tbody");
  for (const i of numbers) {
    const [who, reaches, by, witness, outcome] = s.lines[i];
    const level = outcome === "allow" ? levels[s.lines[i][5]] : outcome === "deny" ? "none" : "unknown";
    const what = element("td", { class: level }, outcome === "deny" ? "nothing" : text[reaches]);
    if (text[witness]) what.append(element("div", { class: "witness" }, "for example: " + text[witness]));
    body.append(element("tr", {}, element("th", { scope: "row" }, text[who]), what, element("td", {}, words[outcome]), element("td", {}, text[by])));
  }
  return element("table", {}, element("thead", {}, element("tr", {}, ...["Who", "Reaches", "Verdict", "By policy and rule"].map(h => element("th", { scope: "col" }, h)))), body);
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
  const counts = numbers.length === 1 ? "1 line" : `${numbers.length} lines`;
  const section = element("section", { class: "space", id: "space-" + i }, element("h3", {}, button, " ", element("span", { class: "dim" }, `${s.mesh}; ${counts}`)), content);
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
      const [level, numbers] = cell;
      const td = element("td", { class: "cell " + levels[level] });
      if (numbers.length === 0) { td.append(levelWords[level]); row.append(td); return; }
      const content = element("div", {});
      const button = element("button", { type: "button", "aria-expanded": "false", "aria-label": `${levelWords[level]}, from ${data.columns[c]} to ${title(s)}` }, levelWords[level]);
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
  document.getElementById("count").textContent = `${total} lines in ${visible.length} groups of namespaces`;
  showMatrix(visible);
}

function list(id, items) {
  document.getElementById(id).hidden = items.length === 0;
  return items.map(item => element("li", {}, item));
}

function showChanges() {
  if (!data.changes) return;
  document.getElementById("changes").hidden = false;
  const rows = data.changes.map(c => element("tr", {}, element("td", { class: c.change === "lost" ? "none" : "all" }, c.change), element("th", { scope: "row" }, c.target), element("td", {}, c.who),
    element("td", {}, c.what, ...(c.witness ? [element("div", { class: "witness" }, "for example: " + c.witness)] : [])), element("td", {}, c.before), element("td", {}, c.after)));
  document.getElementById("change-list").append(rows.length === 0 ? element("p", {}, "No client gains or loses access.") :
    element("table", {}, element("thead", {}, element("tr", {}, ...["Change", "Target", "Who", "What", "Before", "After"].map(h => element("th", { scope: "col" }, h)))), element("tbody", {}, ...rows)));
}

document.getElementById("summary").textContent = data.summary;
document.getElementById("dead-list").append(...list("dead", data.dead));
document.getElementById("finding-list").append(...list("findings", data.findings));
let timer = 0;
document.getElementById("search").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => { shown = page; show(); }, 100); });
// Not of the search: it changes when it loses the focus, and a button that is made anew under the pointer misses the click.
document.querySelectorAll("input[name=outcome]").forEach(i => i.addEventListener("change", () => { shown = page; show(); }));
document.getElementById("filters").addEventListener("submit", e => e.preventDefault());
document.getElementById("more").addEventListener("click", () => { shown += page; show(); });
addEventListener("beforeprint", () => document.querySelectorAll("section.space button[aria-expanded=false]").forEach(b => b.click()));
showChanges();
show();
