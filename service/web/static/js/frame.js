// The frame's small behaviours: theme, folded menu, keys, copying, menus that close. Pages work without them.
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const tint = () => { root.dataset.bsTheme = localStorage.getItem("theme") || (dark.matches ? "dark" : "light"); };
tint();
dark.addEventListener("change", tint);
root.classList.toggle("folded", localStorage.getItem("menu") === "folded");

document.addEventListener("DOMContentLoaded", () => {
  const find = document.querySelector("#find");
  const menus = [...document.querySelectorAll("details.menu, details.add")];

  document.querySelector("#theme")?.addEventListener("click", () => {
    localStorage.setItem("theme", root.dataset.bsTheme === "dark" ? "light" : "dark");
    tint();
  });

  const fold = document.querySelector("#fold");
  fold?.setAttribute("aria-pressed", String(root.classList.contains("folded")));
  fold?.addEventListener("click", () => {
    const folded = root.classList.toggle("folded");
    fold.setAttribute("aria-pressed", String(folded));
    localStorage.setItem("menu", folded ? "folded" : "open");
  });

  for (const button of document.querySelectorAll("[data-opens]")) {
    button.addEventListener("click", () => {
      for (const menu of menus) menu.open = false;
      document.getElementById(button.dataset.opens).showModal();
    });
  }

  document.addEventListener("click", ({ target }) => {
    for (const menu of menus) if (menu.open && !menu.contains(target)) menu.open = false;
  });

  document.addEventListener("keydown", (event) => {
    const open = menus.find((menu) => menu.open);
    if (event.key === "Escape" && open) {
      open.open = false;
      open.querySelector("summary").focus();
      event.stopImmediatePropagation();
      return;
    }
    if (event.target.closest("input, textarea, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && find) { event.preventDefault(); find.focus(); find.select(); }
    if (event.key === "?") document.querySelector("#keys")?.showModal();
  });

  for (const button of document.querySelectorAll(".copy")) {
    const { ariaLabel } = button;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.text);
      button.querySelector("i").className = "bi bi-check2";
      button.setAttribute("aria-label", button.dataset.done || ariaLabel);
      setTimeout(() => {
        button.querySelector("i").className = "bi bi-copy";
        button.setAttribute("aria-label", ariaLabel);
      }, 2000);
    });
  }

  for (const choice of document.querySelectorAll("select[data-sends]")) {
    choice.addEventListener("change", () => choice.form.requestSubmit());
  }

  for (const button of document.querySelectorAll("[data-account]")) {
    button.addEventListener("click", () => {
      const form = document.querySelector("#login");
      form.account.value = button.dataset.account;
      form.password.value = form.dataset.demo;
      form.requestSubmit();
    });
  }
});
