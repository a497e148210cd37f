"use strict";
(() => {
  const by = (id) => document.getElementById(id);
  const FILTERS = ["side", "label", "search"];
  const items = [...by("browser").children];
  const labelsOf = (item, side) => (item.dataset[side] ? item.dataset[side].split("\u0001") : []);
  const filter = () => {
    const [side, label, text] = FILTERS.map((id) => by(id).value);
    const wanted = text.trim().toLowerCase();
    let count = 0;
    for (const item of items) {
      const labels = side
        ? labelsOf(item, side)
        : [...labelsOf(item, "a"), ...labelsOf(item, "b")];
      const fits =
        labels.length > 0 &&
        (!label || labels.includes(label)) &&
        (!wanted || item.textContent.toLowerCase().includes(wanted));
      item.hidden = !fits;
      count += fits;
    }
    const { one, many } = by("count").dataset;
    by("count").textContent = count === 1 ? one : many.replace("{count}", count);
  };
  const changed = () => {
    const set = new URLSearchParams();
    FILTERS.forEach((id) => by(id).value && set.set(id, by(id).value));
    history.replaceState(null, "", `#documents${set.size ? "?" + set : ""}`);
    filter();
  };
  const restore = () => {
    const [place, query = ""] = location.hash.slice(1).split("?");
    if (place !== "documents") return;
    const set = new URLSearchParams(query);
    FILTERS.forEach((id) => (by(id).value = set.get(id) || ""));
    filter();
    by("documents").scrollIntoView();
  };
  FILTERS.forEach((id) => by(id).addEventListener("input", changed));
  by("filters").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", restore);
  filter();
  restore();
})();
