// How large a page stands in the viewer and which way up: fit, zoom by keys, wheel or two fingers, turns for viewing only.
// The page's size is known before its image comes, so nothing jumps.
const STEPS = { least: 0.1, most: 6 };
const EDGE = 32; // the dark margin around a page

export class Zoom {
  /** `changed` is told the scale and by how many degrees the page is turned clockwise, whenever one of them changes. */
  constructor(desk, changed) {
    Object.assign(this, { desk, changed, turned: 0, fit: sessionStorage.getItem("viewer-fit") || "width", scale: Number(sessionStorage.getItem("viewer-scale")) || 1 });
    new ResizeObserver(() => this.apply()).observe(desk);
    desk.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.by(Math.exp(-event.deltaY / 300), event);
    }, { passive: false });
    this.#fingers();
  }

  /** Take another page's sheet; zoom stays, the turn does not. */
  show(sheet) {
    const { width, height } = sheet.viewBox.baseVal;
    Object.assign(this, { sheet, turned: 0, size: [width, height] });
    this.apply();
    this.desk.scrollTo(0, 0);
  }

  apply() {
    if (!this.sheet) return;
    const [width, height] = this.turned % 180 ? [...this.size].reverse() : this.size;
    const room = [this.desk.clientWidth - EDGE, this.desk.clientHeight - EDGE];
    if (this.fit === "width") this.scale = Math.min(room[0] / width, 1.5);
    if (this.fit === "page") this.scale = Math.min(room[0] / width, room[1] / height);
    this.sheet.style.width = `${width * this.scale}px`;
    this.sheet.style.height = `${height * this.scale}px`;
    this.changed(this.scale, this.turned);
  }

  to(fit) {
    this.fit = fit;
    this.#keep();
    this.apply();
  }

  /** Zoom by a factor; what lies at `point` (a mouse or a finger) stays there. */
  by(factor, point) {
    const box = this.sheet.getBoundingClientRect();
    const desk = this.desk.getBoundingClientRect();
    const [x, y] = [point?.clientX ?? desk.left + desk.width / 2, point?.clientY ?? desk.top + desk.height / 2];
    const [across, down] = [(x - box.left) / box.width, (y - box.top) / box.height];
    this.fit = "free";
    this.scale = Math.min(STEPS.most, Math.max(STEPS.least, this.scale * factor));
    this.#keep();
    this.apply();
    const now = this.sheet.getBoundingClientRect();
    this.desk.scrollBy(now.left + across * now.width - x, now.top + down * now.height - y);
  }

  turn(by) {
    this.turned = (this.turned + by + 360) % 360;
    const [width, height] = this.size;
    const [box, move] = {
      0: [[width, height], ""], 90: [[height, width], `translate(${height} 0) rotate(90)`],
      180: [[width, height], `translate(${width} ${height}) rotate(180)`], 270: [[height, width], `translate(0 ${width}) rotate(270)`],
    }[this.turned];
    this.sheet.setAttribute("viewBox", `0 0 ${box[0]} ${box[1]}`);
    this.sheet.querySelector("g").setAttribute("transform", move);
    this.apply();
  }

  #keep() {
    sessionStorage.setItem("viewer-fit", this.fit);
    sessionStorage.setItem("viewer-scale", String(this.scale));
  }

  /** Two fingers zoom; one finger's swipe turns the page where there is nothing to scroll sideways. */
  #fingers() {
    let [apart, from] = [0, null];
    const middle = ([a, b]) => ({ clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 });
    const distance = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    this.desk.addEventListener("touchstart", ({ touches }) => {
      apart = touches.length === 2 ? distance(touches) : 0;
      from = touches.length === 1 && this.desk.scrollWidth <= this.desk.clientWidth + 1 ? touches[0] : null;
    }, { passive: true });
    this.desk.addEventListener("touchmove", (event) => {
      if (event.touches.length !== 2 || !apart) return;
      event.preventDefault();
      const now = distance(event.touches);
      this.by(now / apart, middle(event.touches));
      apart = now;
    }, { passive: false });
    this.desk.addEventListener("touchend", ({ changedTouches: [to] }) => {
      const [x, y] = from ? [to.clientX - from.clientX, to.clientY - from.clientY] : [0, 0];
      from = null;
      if (Math.abs(x) > 60 && Math.abs(y) < 50 && !getSelection().toString()) {
        this.desk.dispatchEvent(new CustomEvent("swipe", { detail: x < 0 ? 1 : -1 }));
      }
    });
  }
}
