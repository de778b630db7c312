// The viewer: pages are turned in place, hits are gone through, the panel has tabs, and all of it by keys.
// Without this file every page is a page of its own, and the panel's parts stand below each other.
import { ask } from "./dialog.js";
import { Zoom } from "./zoom.js";

const viewer = document.querySelector("#viewer");
const [desk, side, strip] = ["#desk", "#side", "#strip"].map((name) => document.querySelector(name));
const narrow = matchMedia("(max-width: 900px)");
const part = (name, within = document) => within.querySelector(`[data-part="${name}"]`);
const on = (id, act) => document.querySelector(id)?.addEventListener("click", act);
const press = (id) => document.querySelector(id)?.click();
let hit = -1;

const zoom = new Zoom(desk, (scale, turned) => {
  document.querySelector("#percent").textContent = `${Math.round(scale * 100)}%`;
  const keep = document.querySelector("#keep-turn");
  if (keep) keep.hidden = turned === 0;
});

// Pages
const soon = new Map(); // the one image that is fetched beforehand; it counts as a look

async function prefetch() {
  const url = document.querySelector("#next")?.dataset.image;
  for (const [old, made] of soon) if (old !== url) { soon.delete(old); made.then(URL.revokeObjectURL); }
  if (!url || soon.has(url)) return;
  soon.set(url, fetch(url).then((answer) => (answer.ok ? answer.blob() : null)).then((blob) => (blob ? URL.createObjectURL(blob) : url)).catch(() => url));
}

async function turnTo(url, { push = true } = {}) {
  if (viewer.hasAttribute("aria-busy")) return;
  viewer.setAttribute("aria-busy", "true");
  const answer = await fetch(url).catch(() => null);
  const text = answer?.ok && !answer.redirected ? await answer.text() : "";
  const made = text ? new DOMParser().parseFromString(text, "text/html") : null;
  viewer.removeAttribute("aria-busy");
  if (!made || !part("sheet", made)) { location.href = url; return; } // its own page says what is wrong
  const image = part("sheet", made).querySelector("image");
  const ready = soon.get(image.getAttribute("href"));
  if (ready) { image.setAttribute("href", await ready); soon.delete(image.getAttribute("href")); }
  const focused = document.activeElement?.id;
  for (const old of document.querySelectorAll("[data-part]")) {
    const now = part(old.dataset.part, made);
    if (now) old.replaceWith(document.adoptNode(now));
  }
  if (focused) document.getElementById(focused)?.focus();
  if (push) history.pushState(null, "", url);
  begin();
}

function begin() {
  const sheet = part("sheet");
  zoom.show(sheet);
  hit = -1;
  if (sheet.querySelector(".found")) goTo(0);
  for (const link of strip?.children ?? []) link.toggleAttribute("aria-current", link.dataset.page === sheet.dataset.page);
  const current = strip?.querySelector("[aria-current]");
  current?.setAttribute("aria-current", "page");
  if (current) strip.scrollTo({ top: current.offsetTop - strip.clientHeight / 2 + 60, left: current.offsetLeft - strip.clientWidth / 2 + 45 });
  for (const input of side.querySelectorAll(".within [name=page]")) input.value = sheet.dataset.page;
  setTimeout(prefetch, 400);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("#previous[href], #next[href], #strip a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const to = new URL(link.href).searchParams.get("page");
  if (strip && !strip.querySelector(`[data-page="${to}"]:not(.far)`)) return; // beyond what the strip shows: a page of its own
  event.preventDefault();
  if (!link.hasAttribute("aria-current")) turnTo(link.href);
});
addEventListener("popstate", () => turnTo(location.href, { push: false }));
desk.addEventListener("swipe", ({ detail }) => press(detail > 0 ? "#next[href]" : "#previous[href]"));

// Hits
function goTo(nth) {
  const all = [...document.querySelectorAll(".found")];
  const count = new Set(all.map((rect) => rect.dataset.hit)).size;
  if (!count) return;
  hit = (nth + count) % count;
  for (const rect of all) rect.classList.toggle("at", rect.dataset.hit === String(hit));
  for (const button of side.querySelectorAll("[data-to]")) button.toggleAttribute("aria-current", button.dataset.to === String(hit));
  side.querySelector(".tablist ~ #hits [aria-current]")?.scrollIntoView({ block: "nearest" });
  const number = document.querySelector(".bar .nth b");
  if (number) number.textContent = String(hit + 1);
  const box = document.querySelector(".found.at").getBoundingClientRect();
  const room = desk.getBoundingClientRect();
  desk.scrollBy(box.left + box.width / 2 - room.left - room.width / 2, box.top + box.height / 2 - room.top - room.height / 2);
}

viewer.addEventListener("click", (event) => {
  const button = event.target.closest("#hit-next, #hit-back, [data-to]");
  if (!button) return;
  if (button.dataset.to !== undefined) goTo(Number(button.dataset.to));
  else step(button.id === "hit-next" ? 1 : -1);
});

// Other pages of this scan with the words, as search knows them; they are asked for once.
let pages = [];

async function otherPages() {
  const words = new URLSearchParams(location.search).get("q");
  if (!words || !strip) return;
  const query = new URLSearchParams({ kind: "pages", q: words, file_no: viewer.dataset.file, size: "100" });
  const answer = await fetch(`/api/v1/search?${query}`).catch(() => null);
  const found = answer?.ok ? (await answer.json()).hits.filter((one) => one.scan_id === viewer.dataset.scan) : [];
  const order = [...strip.children].map((link) => link.dataset.page);
  pages = found.map((one) => String(one.page_no)).filter((page) => order.includes(page)).sort((a, b) => order.indexOf(a) - order.indexOf(b));
  for (const link of strip.children) link.classList.toggle("has", pages.includes(link.dataset.page));
}

/** To the next hit, and from the last one of a page to the first one of the next page that has some. */
async function step(by) {
  const last = Number(document.querySelector(".found:last-of-type")?.dataset.hit ?? -1);
  const at = pages.indexOf(part("sheet").dataset.page);
  if (pages.length < 2 || at < 0 || (hit + by >= 0 && hit + by <= last)) { goTo(hit + by); return; }
  const to = pages[(at + by + pages.length) % pages.length];
  await turnTo([...strip.children].find((link) => link.dataset.page === to).href);
  if (by < 0) goTo(-1);
}
side.querySelector(".within")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  await turnTo(`${event.target.action}?${new URLSearchParams(new FormData(event.target))}`);
  for (const link of strip?.children ?? []) link.href = Object.assign(new URL(link.href), { search: new URLSearchParams({ page: link.dataset.page, q: event.target.q.value }) });
  otherPages();
});

// What is selected on the image is copied as the page's text has it, with its line breaks.
document.addEventListener("copy", (event) => {
  const range = getSelection().rangeCount ? getSelection().getRangeAt(0) : null;
  const lines = [...document.querySelectorAll("#sheet .word")].filter((line) => range?.intersectsNode(line));
  if (!lines.length || !desk.contains(range.commonAncestorContainer)) return;
  const offset = (node, within) => (node.parentNode?.classList?.contains("word") ? within : null);
  const start = Number(lines[0].dataset.at) + (offset(range.startContainer, range.startOffset) ?? 0);
  const last = lines.at(-1);
  const end = Number(last.dataset.at) + (offset(range.endContainer, range.endOffset) ?? last.textContent.length);
  event.clipboardData.setData("text/plain", part("sheet").dataset.text.slice(start, end));
  event.preventDefault();
});

// The panel and the strip
const tabs = [...side.querySelectorAll("[role=tab]")];

function choose(tab) {
  for (const one of tabs) {
    one.setAttribute("aria-selected", String(one === tab));
    one.tabIndex = one === tab ? 0 : -1;
    document.getElementById(one.getAttribute("aria-controls")).hidden = one !== tab;
  }
}

side.querySelector(".tablist").addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  event.stopPropagation();
  const to = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
  choose(to);
  to.focus();
});
for (const tab of tabs) tab.addEventListener("click", () => choose(tab));
choose(tabs.find((tab) => tab.id === (document.querySelector(".found") ? "tab-hits" : "tab-text")) ?? tabs[0]);

function toggle(name, shown) {
  viewer.classList.toggle(`no-${name}`, !shown);
  document.querySelector(`#show-${name}`)?.setAttribute("aria-expanded", String(shown));
  if (!narrow.matches) localStorage.setItem(`viewer-${name}`, shown ? "yes" : "no");
}
for (const name of ["side", "strip"]) {
  toggle(name, !narrow.matches && localStorage.getItem(`viewer-${name}`) !== "no");
  on(`#show-${name}`, () => toggle(name, viewer.classList.contains(`no-${name}`)));
}
on("#hide-side", () => { toggle("side", false); document.querySelector("#show-side").focus(); });

// Tools and keys
on("#zoom-in", () => zoom.by(1.25));
on("#zoom-out", () => zoom.by(0.8));
on("#fit-width", () => zoom.to("width"));
on("#fit-page", () => zoom.to("page"));
on("#turn-left", () => zoom.turn(-90));
on("#turn-right", () => zoom.turn(90));
on("#full", () => (document.fullscreenElement ? document.exitFullscreen() : viewer.requestFullscreen()));
on("#help", () => document.querySelector("#viewer-keys").showModal());

on("#keep-turn", async ({ currentTarget: { dataset, textContent } }) => {
  if (!await ask(textContent, { why: viewer.dataset.turnTitle, verb: textContent })) return;
  const scan = await (await fetch(dataset.url)).json();
  const sheet = part("sheet");
  // Ours is clockwise and counts from what is shown; the arrangement's is counter-clockwise and counts from the original.
  const turn = (Number(sheet.dataset.turned) - zoom.turned + 360) % 360;
  const pages = scan.arrangement.map((leaf) => (String(leaf.page) === sheet.dataset.page ? { ...leaf, turn } : leaf));
  const answer = await fetch(dataset.url, {
    method: "PATCH", headers: { "Content-Type": "application/json", "X-CSRFToken": dataset.token },
    body: JSON.stringify({ version: scan.version, pages }),
  });
  if (answer.ok) location.reload();
  else ask((await answer.json()).title);
});

const KEYS = {
  ArrowLeft: "#previous[href]", ArrowRight: "#next[href]", "+": "#zoom-in", "=": "#zoom-in", "-": "#zoom-out", 0: "#fit-width", 9: "#fit-page",
  n: "#hit-next", N: "#hit-back", r: "#turn-right", R: "#turn-left", f: "#full", t: "#show-strip", i: "#show-side", "?": "#help",
};
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!KEYS[event.key]) return;
  event.preventDefault();
  event.stopPropagation(); // the frame has a help of its own
  press(KEYS[event.key]);
}, { capture: true });

if (part("sheet")) { begin(); otherPages(); }

const waiting = document.querySelector("#waiting");
if (waiting) {
  const look = async () => {
    const answer = await fetch(waiting.dataset.state, { headers: { "X-Unattended": "1" } }).catch(() => null);
    if (answer?.ok && ["searchable", "failed"].includes((await answer.json()).state)) location.reload();
    else setTimeout(look, 2000);
  };
  setTimeout(look, 1500);
}
