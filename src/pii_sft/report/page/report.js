"use strict";
(() => {
  const PAGE = 20;
  const { documents, kinds } = JSON.parse(document.getElementById("data").textContent);
  const by = (id) => document.getElementById(id);
  const make = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  const theme = by("theme");
  const dark = () =>
    (document.documentElement.dataset.theme ||
      (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const showTheme = () => {
    theme.textContent = dark() ? "Light" : "Dark";
    theme.setAttribute("aria-pressed", String(dark()));
  };
  theme.addEventListener("click", () => {
    document.documentElement.dataset.theme = dark() ? "light" : "dark";
    showTheme();
  });
  showTheme();

  const valueOf = (row, column) => {
    const text = row.cells[column].textContent.trim();
    const number = Number(text);
    return text === "" || Number.isNaN(number) ? text : number;
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) =>
      head.querySelector("button").addEventListener("click", () => {
        const descending = head.getAttribute("aria-sort") !== "descending";
        heads.forEach((each) => each.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", descending ? "descending" : "ascending");
        const body = table.tBodies[0];
        const rows = [...body.rows].sort((a, b) => {
          const [x, y] = [valueOf(a, column), valueOf(b, column)];
          const order = x < y ? -1 : x > y ? 1 : 0;
          return descending ? -order : order;
        });
        body.append(...rows);
      })
    );
  }

  // Offsets count code points; a string of JavaScript counts UTF-16 units.
  const marked = (entry) => {
    const characters = Array.from(entry.text);
    const edges = new Set([0, characters.length]);
    for (const [start, end] of [...entry.gold, ...entry.predicted]) edges.add(start).add(end);
    const cuts = [...edges].sort((a, b) => a - b);
    const same = (one, others) => others.some((each) => each.join("\u0000") === one.join("\u0000"));
    const right = entry.gold.filter((span) => same(span, entry.predicted));
    const block = make("p", "document");
    const over = (spans, start, end) => spans.filter(([s, e]) => s <= start && end <= e);
    for (let at = 0; at + 1 < cuts.length; at++) {
      const [start, end] = [cuts[at], cuts[at + 1]];
      const text = characters.slice(start, end).join("");
      const gold = over(entry.gold, start, end);
      const predicted = over(entry.predicted, start, end);
      if (!gold.length && !predicted.length) {
        block.append(text);
        continue;
      }
      const isRight = over(right, start, end).length > 0;
      const wrongGold = gold.some((span) => !same(span, right));
      const wrongPredicted = predicted.some((span) => !same(span, right));
      const names = [];
      if (isRight && !wrongGold && !wrongPredicted) names.push("both");
      else {
        if (gold.length) names.push("gold");
        if (predicted.length) names.push("predicted");
      }
      const mark = make("span", names.join(" "), text);
      mark.title =
        "gold: " + (gold.map((span) => span[2]).join(", ") || "nothing") +
        " · predicted: " + (predicted.map((span) => span[2]).join(", ") || "nothing");
      block.append(mark);
      const ending = [
        ...gold.filter((span) => span[1] === end).map((span) => span[2]),
        ...predicted
          .filter((span) => span[1] === end && !same(span, entry.gold))
          .map((span) => "→" + span[2]),
      ];
      if (ending.length) block.append(make("sub", "", ending.join(" ")));
    }
    return block;
  };

  const surface = (entry, span) =>
    entry.text === null
      ? `${span.start}–${span.end}`
      : `“${Array.from(entry.text).slice(span.start, span.end).join("")}”`;
  const described = (entry, error) => {
    const item = make("li");
    item.append(make("span", "kind", error.kind.replaceAll("_", " ")), " ");
    const parts = [];
    if (error.gold) parts.push(`gold ${error.gold.label} ${surface(entry, error.gold)}`);
    if (error.predicted)
      parts.push(`predicted ${error.predicted.label} ${surface(entry, error.predicted)}`);
    if (error.named) parts.push(`${error.named}, a string that the text does not hold`);
    item.append(parts.join(" · "));
    item.title = kinds[error.kind] || "";
    return item;
  };
  const labelsOf = (error) =>
    [error.gold && error.gold.label, error.predicted && error.predicted.label, error.named].filter(
      Boolean
    );
  const card = (entry) => {
    const item = make("li");
    item.tabIndex = -1;
    const count = entry.errors.length;
    const head = make("h3", "", entry.id + " ");
    const issues = entry.issues.length ? ` · ${entry.issues.join(", ")}` : "";
    head.append(make("small", "", `${count} error${count === 1 ? "" : "s"}${issues}`));
    item.append(head);
    if (entry.text !== null) item.append(marked(entry));
    const list = make("ul", "wrong-list");
    entry.errors.forEach((error) => list.append(described(entry, error)));
    item.append(list);
    return item;
  };

  const errors = documents.flatMap((entry) => entry.errors);
  const tally = (values) => {
    const counts = new Map();
    values.forEach((value) => counts.set(value, (counts.get(value) || 0) + 1));
    return [...counts].sort((a, b) => b[1] - a[1]);
  };
  const fill = (select, counted, name) =>
    counted.forEach(([value, count]) => {
      const option = make("option", "", `${name(value)} (${count})`);
      option.value = value;
      select.append(option);
    });
  fill(by("kind"), tally(errors.map((error) => error.kind)), (kind) => kind.replaceAll("_", " "));
  fill(by("label"), tally(errors.flatMap((error) => [...new Set(labelsOf(error))])), (x) => x);

  let chosen = [];
  let shown = 0;
  const more = () => {
    chosen.slice(shown, shown + PAGE).forEach((entry) => by("browser").append(card(entry)));
    shown = Math.min(shown + PAGE, chosen.length);
    by("more").hidden = shown >= chosen.length;
  };
  const filter = () => {
    const [kind, label, id] = [by("kind").value, by("label").value, by("id").value];
    const fits = (error) =>
      (!kind || error.kind === kind) && (!label || labelsOf(error).includes(label));
    chosen = documents.filter((entry) => entry.id.includes(id) && entry.errors.some(fits));
    shown = 0;
    by("browser").replaceChildren();
    by("count").textContent = `${chosen.length} document${chosen.length === 1 ? "" : "s"}`;
    more();
  };
  for (const id of ["kind", "label", "id"]) by(id).addEventListener("input", filter);
  by("filters").addEventListener("submit", (event) => event.preventDefault());
  by("more").addEventListener("click", more);
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key !== "j" && event.key !== "k") return;
    const items = [...by("browser").children];
    const at = items.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1);
    const next = items[Math.max(0, Math.min(items.length - 1, at))];
    if (next) {
      next.focus();
      next.scrollIntoView({ block: "start" });
    }
  });
  filter();
})();
