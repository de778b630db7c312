// The scan beside a form: pages and zoom. Each image that is shown is a look, so none is fetched beforehand.
const box = document.querySelector("#beside");
const pages = [...box.querySelectorAll("li")];
const [image, label, viewer] = [box.querySelector("img"), box.querySelector(".at"), box.querySelector("a.tool")];
let [at, zoom] = [0, 1];

function show() {
  label.textContent = pages[at].textContent;
  viewer.href = pages[at].dataset.viewer;
  if (image.getAttribute("src") !== pages[at].dataset.image) image.src = pages[at].dataset.image;
  image.style.width = `${zoom * 100}%`;
  for (const button of box.querySelectorAll("[data-turn]")) button.disabled = !pages[at + Number(button.dataset.turn)];
}

box.addEventListener("click", (event) => {
  const { turn, zoom: by } = event.target.closest("button")?.dataset ?? {};
  if (turn) at += Number(turn);
  if (by) zoom = Math.min(4, Math.max(0.5, zoom * Number(by)));
  show();
});
show();
