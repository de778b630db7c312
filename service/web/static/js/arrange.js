// Arranging pages: each step is shown at once and kept in a history, so that it can be taken back; saved all together.
// Without this file the buttons are forms that save one step each.
import { ask } from "./dialog.js";

const list = document.querySelector("#leaves");
const [undo, redo, save, said] = ["undo", "redo", "save", "changed"].map((id) => document.getElementById(id));
const leaves = new Map([...list.children].map((leaf) => [Number(leaf.dataset.page), leaf]));
const read = ({ dataset }) => ({ page: Number(dataset.page), turn: dataset.turn === "" ? null : Number(dataset.turn), withdrawn: "withdrawn" in dataset });
const history = [[...list.children].map(read)];
let [at, leaving] = [0, false];

function show() {
  for (const [place, one] of history[at].entries()) {
    const leaf = leaves.get(one.page);
    if (list.children[place] !== leaf) list.insertBefore(leaf, list.children[place]);
    leaf.toggleAttribute("data-withdrawn", one.withdrawn);
    // The image shows the page as it was turned when it was read; the rest is turned here.
    leaf.dataset.rotate = String(((Number(leaf.dataset.shown) - (one.turn ?? Number(leaf.dataset.stands))) % 360 + 360) % 360);
    leaf.querySelector(".n b").textContent = String(place + 1);
    leaf.querySelector("[value=earlier]").disabled = place === 0;
    leaf.querySelector("[value=later]").disabled = place === history[at].length - 1;
  }
  [undo.disabled, redo.disabled, save.disabled] = [at === 0, at === history.length - 1, at === 0];
  said.textContent = at ? said.dataset.some.replace("{count}", at) : said.dataset.none;
}

function change(page, make) {
  const now = history[at].map((one) => ({ ...one }));
  const place = now.findIndex((one) => one.page === page);
  make(now, place);
  history.splice(at + 1, Infinity, now);
  at += 1;
  show();
}

const move = (to) => (now, place) => now.splice(to(place), 0, ...now.splice(place, 1));
const turn = (by) => (now, place) => { now[place].turn = ((now[place].turn ?? Number(leaves.get(now[place].page).dataset.stands)) + by + 360) % 360; };
const STEPS = {
  earlier: move((place) => place - 1), later: move((place) => place + 1), left: turn(90), right: turn(-90),
  withdraw: (now, place) => { now[place].withdrawn = true; }, restore: (now, place) => { now[place].withdrawn = false; },
};

list.addEventListener("submit", (event) => {
  event.preventDefault();
  const { value } = event.submitter;
  const leaf = event.target.closest("li");
  change(Number(leaf.dataset.page), STEPS[value]);
  const kept = leaf.querySelector(`[value=${{ withdraw: "restore", restore: "withdraw" }[value] ?? value}]`);
  (kept.disabled ? leaf.querySelector("button:enabled") : kept).focus();
});

let dragged = null;
list.addEventListener("dragstart", (event) => {
  dragged = event.target.closest("li");
  event.dataTransfer.effectAllowed = "move";
  dragged.classList.add("dragged");
});
list.addEventListener("dragover", (event) => { if (dragged) event.preventDefault(); });
list.addEventListener("drop", (event) => {
  const over = event.target.closest("li");
  if (!dragged || !over || over === dragged) return;
  event.preventDefault();
  const to = [...list.children].indexOf(over);
  change(Number(dragged.dataset.page), move(() => to));
});
list.addEventListener("dragend", () => { dragged?.classList.remove("dragged"); dragged = null; });

const step = (by) => { at = Math.min(history.length - 1, Math.max(0, at + by)); show(); };
undo.addEventListener("click", () => step(-1));
redo.addEventListener("click", () => step(1));
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  step(event.shiftKey ? 1 : -1);
});

save.addEventListener("click", async () => {
  save.disabled = true;
  const answer = await fetch(list.dataset.url, {
    method: "PATCH", headers: { "Content-Type": "application/json", "X-CSRFToken": list.dataset.token },
    body: JSON.stringify({ version: Number(list.dataset.version), pages: history[at] }),
  }).catch(() => null);
  leaving = Boolean(answer?.ok);
  if (leaving) { location.href = list.dataset.back; return; }
  save.disabled = false;
  const problem = await answer?.json().catch(() => null);
  if (problem?.version) { leaving = await ask(list.dataset.conflict); if (leaving) location.reload(); return; }
  await ask(list.dataset.lost, { why: problem?.errors?.[0]?.message || problem?.title || "" });
});
window.addEventListener("beforeunload", (event) => { if (at && !leaving) event.preventDefault(); });

document.querySelector("#arrange-bar").hidden = false;
show();
