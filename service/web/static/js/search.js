// While an answer is awaited: nothing for 300 ms, then rows of the same size without their words.
const results = document.querySelector(".results");
let timer = 0;
const wait = () => { clearTimeout(timer); timer = setTimeout(() => results?.classList.add("waiting"), 300); };

document.addEventListener("submit", ({ target }) => { if (target.getAttribute("role") === "search") wait(); });
for (const link of document.querySelectorAll(".tabs a, .facets > a, .chips a, .pager a")) {
  link.addEventListener("click", (event) => { if (!event.ctrlKey && !event.metaKey && !event.shiftKey) wait(); });
}
addEventListener("pageshow", () => { clearTimeout(timer); results?.classList.remove("waiting"); });
