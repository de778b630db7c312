// Rows of a group of fields: one more, one less. Without this there is always one empty row at the end.
for (const group of document.querySelectorAll("[data-rows]")) {
  const rows = () => [...group.querySelectorAll("[data-row]")];
  const add = group.querySelector("[data-add]");
  const legend = rows()[0].querySelector("legend").textContent;

  const number = (row, to) => {
    for (const one of row.querySelectorAll("[id], [for], [name], [aria-describedby]")) {
      for (const name of ["id", "for", "name", "aria-describedby"]) {
        if (one.hasAttribute(name)) one.setAttribute(name, one.getAttribute(name).replace(/\.\d+\./, `.${to}.`));
      }
    }
    row.querySelector("legend").textContent = legend.replace(/\d+/, to);
  };
  const empty = (row) => {
    for (const fault of row.querySelectorAll(".fault")) fault.remove();
    for (const field of row.querySelectorAll("input, select, textarea")) {
      field.value = "";
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
  };
  const blank = rows().at(-1).cloneNode(true);
  empty(blank);

  add.hidden = false;
  group.querySelector("[data-hint]").hidden = true;
  if (rows().length > 1) rows().at(-1).remove();
  add.addEventListener("click", () => {
    const row = blank.cloneNode(true);
    number(row, rows().length + 1);
    add.before(row);
    show();
    row.querySelector("input, select, textarea").focus();
  });
  group.addEventListener("click", (event) => {
    const remove = event.target.closest("[data-remove]");
    if (!remove) return;
    if (rows().length === 1) empty(rows()[0]); else remove.closest("[data-row]").remove();
    rows().forEach((row, at) => number(row, at + 1));
    add.focus();
  });
  const show = () => { for (const one of group.querySelectorAll("[data-remove]")) one.hidden = false; };
  show();
}
