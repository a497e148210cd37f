"use strict";
// Offsets count code points, so texts are cut as arrays of them.
const $ = (id) => document.getElementById(id);
const COLOURS = 8;
const WORDS = {
  zh: {
    what: "由训练好的模型找出文本中的个人信息。文本不会离开本服务器。", theme: "主题",
    token: "本服务器的令牌", enter: "进入", text: "文本", find: "查找", dials: "判定尺度",
    bias: "召回旋钮", "bias-help": "向右：找到更多，误报也更多。", least: "最低分数",
    "by-label": "按标签", found: "结果", redacted: "脱敏文本", style: "方式", copy: "复制",
    working: "正在查找…", entities: "个实体", copied: "已复制", failed: "失败：", seconds: "秒",
  },
  en: { working: "Looking…", entities: "entities", copied: "Copied", failed: "Failed: ", seconds: "s" },
};
const english = {};
let language = "en";
let about = { labels: [], anchored: false, styles: [], dial: {} };
let asked = null;      // { text, points, proposals }
let entities = [];
let turn = 0;          // answers to older questions are dropped

const say = (word) => WORDS[language][word] ?? english[word] ?? WORDS.en[word] ?? word;

function translate() {
  document.documentElement.lang = language;
  for (const each of document.querySelectorAll("[data-say]")) {
    english[each.dataset.say] ??= each.textContent;
    each.textContent = language === "en" ? english[each.dataset.say] : say(each.dataset.say);
  }
  $("language").textContent = language === "en" ? "中文" : "English";
  $("language").lang = language === "en" ? "zh" : "en";
  if (asked) show();
}

async function ask(path, body) {
  const headers = { "content-type": "application/json" };
  const token = sessionStorage.getItem("token");
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(path, body === undefined
    ? { headers } : { method: "POST", headers, body: JSON.stringify(body) });
  if (answer.status === 401) {
    $("access").hidden = false;
    $("token").focus();
  }
  const value = await answer.json();
  if (!answer.ok) throw new Error(value.error ?? answer.status);
  $("access").hidden = true;
  return value;
}

function state(text, wrong = false) {
  $("state").textContent = text;
  $("state").classList.toggle("wrong", wrong);
}

async function begin() {
  about = await ask("/about");
  $("recall").hidden = !about.anchored;
  $("bias").value = about.dial.recall_bias ?? 0;
  $("least").value = about.dial.threshold ?? 0;
  $("style").replaceChildren(...about.styles.map((name) => new Option(name, name)));
  $("labels").replaceChildren(...about.labels.map(labelRow));
  shown();
}

const colour = (label) => `c${(about.labels.indexOf(label) + COLOURS) % COLOURS}`;

function labelRow(label, number) {
  const row = document.createElement("div");
  row.className = "dial";
  const name = document.createElement("label");
  name.className = "name";
  const on = document.createElement("input");
  on.type = "checkbox";
  on.checked = true;
  on.dataset.on = label;
  on.addEventListener("change", show);
  const swatch = document.createElement("span");
  swatch.className = `swatch ${colour(label)}`;
  name.append(on, " ", swatch, label);
  const slider = document.createElement("input");
  slider.type = "range";
  Object.assign(slider, { min: 0, max: 1, step: 0.01, value: about.dial.thresholds?.[label] ?? 0, id: `label-${number}` });
  slider.dataset.label = label;
  slider.setAttribute("aria-label", label);
  const value = document.createElement("output");
  value.textContent = slider.value;
  slider.addEventListener("input", () => { value.textContent = slider.value; choose(); });
  row.append(name, slider, value);
  return row;
}

function shown() {
  $("bias-shown").textContent = Number($("bias").value) > 0 ? `+${$("bias").value}` : $("bias").value;
  $("least-shown").textContent = $("least").value;
}

async function find() {
  const text = $("text").value;
  if (!text.trim()) return;
  const mine = ++turn;
  $("find").disabled = true;
  state(say("working"));
  const began = performance.now();
  try {
    const answer = await ask("/detect", { text });
    if (mine !== turn) return;
    asked = { text, points: Array.from(text), proposals: answer.proposals };
    state(`${((performance.now() - began) / 1000).toFixed(2)} ${say("seconds")}`);
    for (const id of ["dials", "found", "redacted"]) $(id).hidden = false;
    await choose();
  } catch (error) {
    state(say("failed") + error.message, true);
  } finally {
    $("find").disabled = false;
  }
}

// Another dial over the same proposals: the model is not asked again.
async function choose() {
  shown();
  if (!asked) return;
  const mine = ++turn;
  const thresholds = {};
  for (const each of document.querySelectorAll("[data-label]")) {
    if (Number(each.value) > 0) thresholds[each.dataset.label] = Number(each.value);
  }
  try {
    const answer = await ask("/choose", {
      text: asked.text, proposals: asked.proposals,
      recall_bias: Number($("bias").value), threshold: Number($("least").value), thresholds,
    });
    if (mine !== turn) return;
    entities = answer.entities;
    await show();
  } catch (error) {
    state(say("failed") + error.message, true);
  }
}

function visible() {
  const off = new Set([...document.querySelectorAll("[data-on]")].filter((e) => !e.checked).map((e) => e.dataset.on));
  return entities.filter((each) => !off.has(each.label));
}

async function show() {
  const seen = visible();
  $("count").textContent = `${seen.length} ${say("entities")}`;
  $("document").replaceChildren(...pieces(asked.points, seen));
  await redact(seen);
}

// Nested and overlapping entities: a mark ends where the next one inside or across it begins.
function pieces(points, seen) {
  const cuts = [...new Set([0, points.length, ...seen.flatMap((e) => [e.start, e.end])])].sort((a, b) => a - b);
  const nodes = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const text = points.slice(cuts[i], cuts[i + 1]).join("");
    const over = seen.filter((e) => e.start <= cuts[i] && cuts[i + 1] <= e.end);
    if (!over.length) { nodes.push(document.createTextNode(text)); continue; }
    const inner = over.reduce((a, b) => (b.end - b.start < a.end - a.start ? b : a));
    const mark = document.createElement("mark");
    mark.className = colour(inner.label);
    mark.title = over.map((e) => `${e.label} ${e.score === null ? "" : e.score.toFixed(2)} (${e.source})`).join("\n");
    mark.append(text);
    const ending = over.filter((e) => e.end === cuts[i + 1]);
    if (ending.length) {
      const sub = document.createElement("sub");
      sub.textContent = ending.map((e) => `${e.label}${e.score === null ? "" : ` ${e.score.toFixed(2)}`}`).join(", ");
      mark.append(sub);
    }
    nodes.push(mark);
  }
  return nodes;
}

async function redact(seen) {
  const mine = turn;
  const body = { text: asked.text, style: $("style").value, entities: seen.map(({ start, end, label }) => ({ start, end, label })) };
  const answer = await ask("/redact", body);
  if (mine === turn) $("clean").textContent = answer.text;
}

async function copy() {
  const text = $("clean").textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection().selectAllChildren($("clean"));
    document.execCommand("copy");
  }
  state(say("copied"));
}

$("ask").addEventListener("submit", (event) => { event.preventDefault(); find(); });
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); find(); }
});
$("access").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", $("token").value);
  begin().catch((error) => state(say("failed") + error.message, true));
});
$("bias").addEventListener("input", choose);
$("least").addEventListener("input", choose);
$("style").addEventListener("change", () => redact(visible()));
$("copy").addEventListener("click", copy);
$("language").addEventListener("click", () => {
  language = language === "en" ? "zh" : "en";
  localStorage.setItem("language", language);
  translate();
});
$("theme").addEventListener("click", () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  localStorage.setItem("theme", document.documentElement.dataset.theme);
});
const theme = localStorage.getItem("theme");
if (theme) document.documentElement.dataset.theme = theme;
language = localStorage.getItem("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
translate();
begin().catch((error) => state(say("failed") + error.message, true));
