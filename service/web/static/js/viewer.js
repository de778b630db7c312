// The viewer's keys and zoom. Turning pages are links, so that it works without this file.
const sheet = document.querySelector("#sheet");
let zoom = 1;

function show() {
  if (sheet) sheet.style.width = `${zoom * 100}%`;
}

function change(by) {
  zoom = Math.min(4, Math.max(0.4, zoom * by));
  show();
}

document.querySelector("#zoom-in")?.addEventListener("click", () => change(1.25));
document.querySelector("#zoom-out")?.addEventListener("click", () => change(0.8));
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey) return;
  if (event.key === "ArrowLeft") document.querySelector("#previous")?.click();
  if (event.key === "ArrowRight") document.querySelector("#next")?.click();
  if (event.key === "+" || event.key === "=") change(1.25);
  if (event.key === "-") change(0.8);
  if (event.key === "0") { zoom = 1; show(); }
});
