// Lists: rows that open on a click, j and k to move, the way back to the same row, columns that one chooses.
const rows = [...document.querySelectorAll("tr[data-href]")];
const here = location.pathname + location.search;
const place = JSON.parse(sessionStorage.getItem("place") || "null");
let at = -1;

const go = (to) => {
  rows[at]?.classList.remove("at");
  at = Math.max(0, Math.min(rows.length - 1, to));
  rows[at].classList.add("at");
  const link = rows[at].querySelector("a");
  link?.focus({ preventScroll: true });
  rows[at].scrollIntoView({ block: "nearest" });
};
const keep = (row) => sessionStorage.setItem("place", JSON.stringify({ here, at: rows.indexOf(row) }));

if (document.querySelector(".door")) sessionStorage.removeItem("place"); // nothing of one person is left to the next
else if (place?.here === here && rows[place.at]) go(place.at);

for (const row of rows) {
  const opens = [row, ...(row.nextElementSibling?.matches("tr.why") ? [row.nextElementSibling] : [])];
  for (const part of opens) {
    part.addEventListener("click", (event) => {
      if (event.target.closest("button, label, summary, input") || getSelection().toString()) return;
      keep(row);
      if (event.target.closest("a")) return;
      if (event.ctrlKey || event.metaKey) open(row.dataset.href);
      else location.href = row.dataset.href;
    });
  }
}

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  if ((event.key === "j" || event.key === "k") && rows.length) go(at + (event.key === "j" ? 1 : -1));
  if (event.key === "Escape" && place && place.here !== here && !document.fullscreenElement) location.href = place.here;
});

for (const table of document.querySelectorAll("table[data-columns]")) {
  const kept = `columns:${table.dataset.columns}`;
  const gone = new Set(JSON.parse(localStorage.getItem(kept) || "[]"));
  const show = () => {
    for (const number of [2, 3, 4, 5, 6, 7, 8, 9]) table.classList.toggle(`no${number}`, gone.has(number));
  };
  const heads = [...table.querySelectorAll("thead th")].slice(1, 9);
  const menu = document.createElement("details");
  menu.className = "menu columns";
  const summary = document.createElement("summary");
  summary.setAttribute("aria-label", table.dataset.columnsLabel);
  summary.title = table.dataset.columnsLabel;
  summary.append(Object.assign(document.createElement("i"), { className: "bi bi-layout-three-columns" }));
  const sheet = document.createElement("div");
  sheet.className = "sheet";
  heads.forEach((head, index) => {
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: !gone.has(index + 2) });
    box.addEventListener("change", () => {
      if (box.checked) gone.delete(index + 2); else gone.add(index + 2);
      localStorage.setItem(kept, JSON.stringify([...gone]));
      show();
    });
    const label = document.createElement("label");
    label.append(box, head.textContent);
    sheet.append(label);
  });
  menu.append(summary, sheet);
  table.before(menu);
  document.addEventListener("click", ({ target }) => { if (!menu.contains(target)) menu.open = false; });
  menu.addEventListener("keydown", (event) => { if (event.key === "Escape") { menu.open = false; summary.focus(); event.stopPropagation(); } });
  show();
}
