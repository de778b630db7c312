// People whose name or number begins with what is typed, under a search box: arrows choose, Enter opens.
for (const input of document.querySelectorAll("input[data-suggest]")) {
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.id = `${input.id}-suggestions`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.dataset.label);
  list.hidden = true;
  input.after(list);
  Object.entries({ role: "combobox", "aria-controls": list.id, "aria-expanded": "false", "aria-autocomplete": "list" })
    .forEach(([name, value]) => input.setAttribute(name, value));
  let at = -1;
  let asked = 0;
  let timer = 0;

  const close = () => { list.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const choose = (to) => {
    const items = [...list.children];
    if (!items.length) return;
    items[at]?.removeAttribute("aria-selected");
    at = (to + items.length) % items.length;
    items[at].setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", items[at].id);
  };

  async function ask() {
    const words = input.value.trim();
    const number = ++asked;
    if (!words) return close();
    const answer = await fetch(`/api/v1/suggest?${new URLSearchParams({ q: words })}`);
    if (!answer.ok || number !== asked) return undefined;
    const { items } = await answer.json();
    list.replaceChildren(...items.map((one, place) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${place}`;
      item.setAttribute("role", "option");
      item.dataset.href = `/files/${encodeURIComponent(one.file_no)}`;
      for (const [kind, text] of [["name", one.name], ["mono", one.file_no], ["faint", one.department_name]]) {
        const part = document.createElement("span");
        part.className = kind;
        part.textContent = text;
        item.append(part);
      }
      item.addEventListener("mousedown", (event) => { event.preventDefault(); location.href = item.dataset.href; });
      return item;
    }));
    at = -1;
    list.hidden = !items.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    return undefined;
  }

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 180); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") { event.preventDefault(); choose(at + 1); }
    if (event.key === "ArrowUp") { event.preventDefault(); choose(at < 0 ? -1 : at - 1); }
    if (event.key === "Escape") close();
    if (event.key === "Enter" && at >= 0) { event.preventDefault(); location.href = list.children[at].dataset.href; }
  });
}
