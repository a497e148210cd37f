"use strict";
(() => {
  const PAGE = 20;
  const MISSED = "(missed)";
  const SPURIOUS = "(spurious)";
  const { documents, kinds, words } = JSON.parse(document.getElementById("data").textContent);
  const word = (text, values = {}) =>
    (words[text] || text).replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const counted = (count, noun) =>
    word(count === 1 && !words[`{count} ${noun}s`] ? `{count} ${noun}` : `{count} ${noun}s`, { count });
  const by = (id) => document.getElementById(id);
  const make = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  // Offsets count code points; a string of JavaScript counts UTF-16 units.
  const marked = (entry, wanted) => {
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
      if (wanted && !wanted.some(([s, e]) => s < end && start < e)) names.push("dim");
      const mark = make("span", names.join(" "), text);
      const listed = (spans) => spans.map((span) => span[2]).join(", ") || word("nothing");
      mark.title = `${word("gold")}: ${listed(gold)} · ${word("predicted")}: ${listed(predicted)}`;
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
    item.append(make("span", "kind", word(error.kind.replaceAll("_", " "))), " ");
    const parts = [];
    if (error.gold) parts.push(`${word("gold")} ${error.gold.label} ${surface(entry, error.gold)}`);
    if (error.predicted)
      parts.push(`${word("predicted")} ${error.predicted.label} ${surface(entry, error.predicted)}`);
    if (error.named) parts.push(`${error.named}, ${word("a string that the text does not hold")}`);
    item.append(parts.join(" · "));
    item.title = word(kinds[error.kind] || "");
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
    const hits = entry.errors.filter(fits);
    const some = hits.length < count;
    const head = make("h3", "", entry.id + " ");
    const issues = entry.issues.length ? ` · ${entry.issues.join(", ")}` : "";
    const shown = some
      ? word("{hits} of {count} errors", { hits: hits.length, count })
      : counted(count, "error");
    head.append(make("small", "", shown + issues));
    item.append(head);
    const places = hits.flatMap((error) =>
      [error.gold, error.predicted].filter(Boolean).map((span) => [span.start, span.end])
    );
    if (entry.text !== null) item.append(marked(entry, some ? places : null));
    const list = make("ul", "wrong-list");
    entry.errors.forEach((error) => {
      const row = described(entry, error);
      if (!fits(error)) row.className = "dim";
      list.append(row);
    });
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
  fill(by("kind"), tally(errors.map((error) => error.kind)), (kind) =>
    word(kind.replaceAll("_", " "))
  );
  fill(by("label"), tally(errors.flatMap((error) => [...new Set(labelsOf(error))])), (x) => x);

  // What is shown stands in the URL, so that it can be kept and sent: #errors?kind=label&search=x
  const FILTERS = ["kind", "label", "search"];
  let pair = { gold: "", predicted: "" };
  const state = () => {
    const set = new URLSearchParams();
    FILTERS.forEach((id) => by(id).value && set.set(id, by(id).value));
    if (pair.gold) set.set("gold", pair.gold);
    if (pair.predicted) set.set("predicted", pair.predicted);
    return set.toString();
  };
  const sides = (error) => [
    error.gold ? error.gold.label : SPURIOUS,
    error.predicted ? error.predicted.label : error.named || MISSED,
  ];
  const fits = (error) => {
    const [kind, label] = [by("kind").value, by("label").value];
    const [gold, predicted] = sides(error);
    return (
      (!kind || error.kind === kind) &&
      (!label || labelsOf(error).includes(label)) &&
      (!pair.gold || gold === pair.gold) &&
      (!pair.predicted || predicted === pair.predicted)
    );
  };
  const holds = (entry, text) =>
    !text ||
    [entry.id, entry.text || "", ...entry.errors.flatMap(labelsOf)].some((each) =>
      each.toLowerCase().includes(text)
    );

  let chosen = [];
  let shown = 0;
  const more = () => {
    chosen.slice(shown, shown + PAGE).forEach((entry) => by("browser").append(card(entry)));
    shown = Math.min(shown + PAGE, chosen.length);
    by("more").hidden = shown >= chosen.length;
  };
  const filter = () => {
    const text = by("search").value.trim().toLowerCase();
    chosen = documents.filter((entry) => holds(entry, text) && entry.errors.some(fits));
    shown = 0;
    by("browser").replaceChildren();
    const count = chosen.flatMap((entry) => entry.errors.filter(fits)).length;
    by("count").textContent = word("{errors} in {documents}", {
      errors: counted(count, "error"),
      documents: counted(chosen.length, "document"),
    });
    by("clear").hidden = !state();
    by("pair").hidden = !pair.gold && !pair.predicted;
    by("pair").textContent = `${word(pair.gold)} → ${word(pair.predicted)}`;
    more();
  };
  const changed = () => {
    const query = state();
    history.replaceState(null, "", query ? `#errors?${query}` : "#errors");
    filter();
  };
  const restore = () => {
    const [place, query = ""] = location.hash.slice(1).split("?");
    if (place !== "errors") return;
    const set = new URLSearchParams(query);
    FILTERS.forEach((id) => (by(id).value = set.get(id) || ""));
    pair = { gold: set.get("gold") || "", predicted: set.get("predicted") || "" };
    filter();
    by("errors").scrollIntoView();
  };
  for (const id of FILTERS) by(id).addEventListener("input", changed);
  by("filters").addEventListener("submit", (event) => event.preventDefault());
  by("clear").addEventListener("click", () => {
    FILTERS.forEach((id) => (by(id).value = ""));
    pair = { gold: "", predicted: "" };
    changed();
  });
  by("more").addEventListener("click", more);
  addEventListener("hashchange", restore);
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      event.preventDefault();
      by("search").focus();
    }
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
  restore();
})();
