// The viewer's keys, zoom and hits. Turning pages are links, so that it works without this file.
const sheet = document.querySelector("#sheet");
const desk = document.querySelector("#desk");
const hits = [...document.querySelectorAll(".found")];
const kept = sessionStorage.getItem("zoom");
let zoom = Number(kept) || 1;
let at = -1;

function show() {
  if (!sheet) return;
  sheet.style.width = `${zoom * 100}%`;
  sessionStorage.setItem("zoom", String(zoom));
}

function change(by) {
  zoom = Math.min(6, Math.max(0.2, zoom * by));
  show();
}

function fitPage() {
  const box = sheet.viewBox.baseVal;
  const room = desk.clientHeight - 32;
  zoom = Math.min(1, (room * box.width) / box.height / (desk.clientWidth - 32));
  show();
}

function hit(step) {
  if (!hits.length) return;
  hits[at]?.classList.remove("at");
  at = (at + step + hits.length) % hits.length;
  hits[at].classList.add("at");
  hits[at].scrollIntoView({ block: "center", inline: "center" });
}

const on = (id, act) => document.querySelector(id)?.addEventListener("click", act);
on("#zoom-in", () => change(1.25));
on("#zoom-out", () => change(0.8));
on("#fit-width", () => { zoom = 1; show(); });
on("#fit-page", fitPage);
on("#full", () => (document.fullscreenElement ? document.exitFullscreen() : desk.requestFullscreen()));
on("#hit", () => hit(1));

desk?.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  change(event.deltaY < 0 ? 1.1 : 0.9);
}, { passive: false });

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey) return;
  if (event.key === "ArrowLeft") document.querySelector("#previous")?.click();
  if (event.key === "ArrowRight") document.querySelector("#next")?.click();
  if (event.key === "+" || event.key === "=") change(1.25);
  if (event.key === "-") change(0.8);
  if (event.key === "0") { zoom = 1; show(); }
  if (event.key === "n") hit(1);
  if (event.key === "N") hit(-1);
});

if (zoom !== 1) show();
if (hits.length) hit(1);

const waiting = document.querySelector("#waiting");
if (waiting) {
  const look = async () => {
    const answer = await fetch(waiting.dataset.state);
    if (answer.ok && ["searchable", "failed"].includes((await answer.json()).state)) location.reload();
    else setTimeout(look, 2000);
  };
  setTimeout(look, 1500);
}
