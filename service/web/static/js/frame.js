// The frame's small behaviours: theme, the search box's key, copying, clickable rows. Pages work without them.
const root = document.documentElement;
const kept = localStorage.getItem("theme");
root.dataset.bsTheme = kept || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

document.addEventListener("DOMContentLoaded", () => {
  if (matchMedia("(max-width: 720px)").matches) document.querySelector("details.facet")?.removeAttribute("open");
  const find = document.querySelector("#find");
  const rows = [...document.querySelectorAll("tr[data-href]")];
  let at = -1;

  document.querySelector("#theme")?.addEventListener("click", () => {
    root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.bsTheme);
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && find) { event.preventDefault(); find.focus(); }
    if ((event.key === "j" || event.key === "k") && rows.length) {
      rows[at]?.classList.remove("at");
      at = Math.max(0, Math.min(rows.length - 1, at + (event.key === "j" ? 1 : -1)));
      rows[at].classList.add("at");
      rows[at].querySelector("a")?.focus();
    }
  });

  for (const row of rows) {
    row.addEventListener("click", (event) => {
      if (!event.target.closest("a, button") && !getSelection().toString()) location.href = row.dataset.href;
    });
  }

  for (const button of document.querySelectorAll(".copy")) {
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.text);
      button.querySelector("i").className = "bi bi-check2";
    });
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
