// A file's page: records open in place, the list of categories follows the page, links show the upload panel.
// Without this file each row is a link to its record.
const upload = document.querySelector("#upload");

async function toggle(row) {
  const link = row.querySelector("a");
  const open = row.nextElementSibling;
  if (open?.classList.contains("opened-row")) {
    open.hidden = !open.hidden;
    link.setAttribute("aria-expanded", String(!open.hidden));
    return;
  }
  if (row.getAttribute("aria-busy")) return;
  row.setAttribute("aria-busy", "true");
  const answer = await fetch(row.dataset.row).catch(() => null);
  row.removeAttribute("aria-busy");
  if (!answer?.ok || answer.redirected) { location.href = link.href; return; } // its own page says what is wrong
  const made = document.createElement("tr");
  made.className = "opened-row";
  const cell = made.insertCell();
  cell.colSpan = row.cells.length;
  cell.innerHTML = await answer.text(); // rendered and escaped by our own server
  row.after(made);
  link.setAttribute("aria-expanded", "true");
}

for (const row of document.querySelectorAll("tr[data-row]")) {
  const link = row.querySelector("a");
  link.setAttribute("aria-expanded", "false");
  row.addEventListener("click", (event) => {
    const inside = event.target.closest("a, button");
    if (event.ctrlKey || event.metaKey || event.shiftKey || (inside && inside !== link) || getSelection().toString()) return;
    event.preventDefault();
    toggle(row);
  });
}

function show() {
  upload.hidden = false;
  upload.scrollIntoView({ block: "center" });
  upload.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-shows='upload'], [data-upload-to]");
  if (!link || !upload || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  show();
  const target = upload.querySelector("#target");
  if (link.dataset.uploadTo) {
    target.value = link.dataset.uploadTo;
    target.dispatchEvent(new Event("change"));
  }
});
if (upload && location.hash === "#upload") show();

const links = new Map([...document.querySelectorAll(".categories a")].map((link) => [link.hash.slice(1), link]));
const seen = new Set();
const watch = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) seen[isIntersecting ? "add" : "delete"](target.id);
  const first = [...links.keys()].find((id) => seen.has(id));
  for (const [id, link] of links) link.toggleAttribute("aria-current", id === first);
}, { rootMargin: "-160px 0px -40% 0px" });
for (const id of links.keys()) watch.observe(document.getElementById(id));

// One menu at a time; it closes by Esc and by a click beside it.
const menus = [...document.querySelectorAll("details.add")];
document.addEventListener("click", (event) => { for (const menu of menus) if (!menu.contains(event.target)) menu.open = false; });
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus.filter((one) => one.open)) { menu.open = false; menu.querySelector("summary").focus(); }
});
