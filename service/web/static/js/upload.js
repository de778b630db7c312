// Uploading scans: choose or drop several files anywhere on the page. Each is a row with its thumbnail, progress, speed,
// cancel, retry and state. Two are sent at a time; leaving asks only while something is still being sent.
const list = document.querySelector("#uploads");
const panel = list.closest(".upload");
const words = JSON.parse(list.dataset.words);
const row = document.querySelector("#upload-row").content.firstElementChild;
const [target, cover, sum] = [document.querySelector("#target"), document.querySelector(".drop-cover"), panel.querySelector(".sum")];
const AT_ONCE = 2;
const LOOKS_LIKE_IMAGE = /^image\/(jpeg|png|webp)$/;
const sent = []; // every file of this page: {file, url, node, phase: waiting | sending | done | wrong}

const size = (bytes) => (bytes < 1048576 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1048576).toFixed(1)} MB`);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const url = () => list.dataset.url || target?.selectedOptions[0]?.dataset.url || "";

function add(file) {
  const one = { file, url: url(), node: row.cloneNode(true), phase: "waiting" };
  one.node.querySelector(".name").textContent = file.name;
  one.node.querySelector(".size").textContent = size(file.size);
  one.node.querySelector(".cancel").onclick = () => (one.request ? one.request.abort() : stop(one, words.cancelled));
  one.node.querySelector(".retry").onclick = () => again(one);
  list.append(one.node);
  sent.push(one);
  thumbnail(one);
  if (file.size === 0) stop(one, words.empty, false);
  else if (file.size > Number(list.dataset.most) * 1048576) stop(one, words.large, false);
  else tell(one, one.url ? words.waiting : words.unchosen, "");
}

async function thumbnail({ file, node }) {
  const icon = node.querySelector(".thumb i");
  if (/pdf$/i.test(file.name)) icon.className = "bi bi-file-earmark-pdf";
  if (!LOOKS_LIKE_IMAGE.test(file.type) || file.size > 40 * 1048576) return;
  const bitmap = await createImageBitmap(file, { resizeHeight: 112, resizeQuality: "medium" }).catch(() => null);
  if (!bitmap) return;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
  icon.replaceWith(canvas);
}

function tell({ node }, text, kind) {
  const state = node.querySelector(".state");
  [state.textContent, state.className] = [text, `state ${kind}`];
}

function next() {
  const sending = () => sent.filter((one) => one.phase === "sending").length;
  for (const one of sent) if (one.phase === "waiting" && one.url && sending() < AT_ONCE) send(one);
  const [done, wrong] = ["done", "wrong"].map((phase) => sent.filter((one) => one.phase === phase).length);
  sum.textContent = sent.length > 1 ? fill(words.sum, { all: sent.length, done }) + (wrong ? fill(words.wrong, { wrong }) : "") : "";
}

function send(one) {
  const { node, file } = one;
  const [progress, pace, cancel] = ["progress", ".pace", ".cancel"].map((name) => node.querySelector(name));
  const form = new FormData();
  form.append("file", file);
  const request = new XMLHttpRequest();
  let [at, from, speed] = [performance.now(), 0, 0];
  Object.assign(one, { request, phase: "sending" });
  request.open("POST", one.url);
  request.setRequestHeader("X-CSRFToken", list.dataset.token);
  request.timeout = 30 * 60 * 1000;
  request.upload.onprogress = (event) => {
    progress.value = event.loaded / event.total;
    const seconds = (performance.now() - at) / 1000;
    if (seconds < 0.4) return;
    const now = (event.loaded - from) / seconds;
    [speed, at, from] = [speed ? 0.7 * speed + 0.3 * now : now, performance.now(), event.loaded];
    const left = Math.ceil((event.total - event.loaded) / Math.max(speed, 1));
    pace.textContent = fill(words.pace, { done: size(event.loaded), all: size(event.total), speed: size(speed), left });
  };
  request.upload.onload = () => { pace.textContent = ""; cancel.hidden = true; progress.removeAttribute("value"); tell(one, words.keeping, "busy"); };
  request.onload = () => {
    let answer = {};
    try { answer = JSON.parse(request.responseText); } catch { /* an answer that is no JSON has no reason to show */ }
    if (request.status < 300) kept(one, answer, request.status === 200);
    else stop(one, answer.errors?.[0]?.message || answer.title || words.late, request.status >= 500 || request.status === 429);
  };
  request.onerror = () => stop(one, words.lost);
  request.ontimeout = () => stop(one, words.late);
  request.onabort = () => stop(one, words.cancelled);
  tell(one, words.sending, "busy");
  request.send(form);
}

/** Nothing was kept of this file, as far as we know; `mend` says why and what helps. */
function stop(one, mend, retry = true) {
  Object.assign(one, { request: null, phase: "wrong" });
  tell(one, words.refused, mend === words.cancelled ? "" : "bad");
  one.node.querySelector(".mend").textContent = mend;
  shape(one, { retry });
  next();
}

function shape({ node }, { retry = false, result = false }) {
  node.querySelector("progress").hidden = node.querySelector(".cancel").hidden = true;
  node.querySelector(".pace").textContent = "";
  node.querySelector(".retry").hidden = !retry;
  node.querySelector(".result").hidden = !result;
}

function again(one) {
  const { node } = one;
  node.querySelector(".mend").textContent = "";
  shape(one, {});
  if (one.id) { readAgain(one); return; }
  node.querySelector("progress").hidden = node.querySelector(".cancel").hidden = false;
  node.querySelector("progress").value = 0;
  Object.assign(one, { url: one.url || url(), phase: "waiting" });
  tell(one, one.url ? words.waiting : words.unchosen, "");
  next();
}

async function readAgain(one) {
  await fetch(`/api/v1/scans/${one.id}/retry`, { method: "POST", headers: { "X-CSRFToken": list.dataset.token } });
  kept(one, { id: one.id, state: "stored" }, false);
}

function kept(one, scan, same) {
  Object.assign(one, { request: null, phase: "done", id: scan.id });
  shape(one, { result: true });
  one.node.querySelector(".result").href = `/scans/${scan.id}`;
  one.node.querySelector(".mend").textContent = same ? words.same : "";
  follow(one, scan);
  next();
}

async function follow(one, scan) {
  for (let wait = 500; ; wait = Math.min(wait * 1.4, 5000)) {
    tell(one, words[scan.state], { searchable: "good", failed: "bad" }[scan.state] || "busy");
    if (scan.state === "failed") { one.node.querySelector(".mend").textContent = scan.reason || ""; shape(one, { retry: true, result: true }); }
    if (scan.state === "searchable" && !one.node.querySelector("canvas")) {
      const image = new Image();
      [image.src, image.alt] = [`/api/v1/scans/${scan.id}/pages/1/thumbnail`, ""];
      one.node.querySelector(".thumb").replaceChildren(image);
    }
    if (scan.state === "searchable" || scan.state === "failed") return;
    await new Promise((done) => { setTimeout(done, wait); });
    const answer = await fetch(`/api/v1/scans/${scan.id}`, { headers: { "X-Unattended": "1" } }).catch(() => null);
    if (answer?.ok) scan = await answer.json();
    else if (answer) return; // logged out, or moved away: the link still says where it is
  }
}

function take(files) {
  panel.hidden = false;
  for (const file of files) add(file);
  if (!url()) target?.focus();
  next();
}

const input = panel.querySelector("#choose");
input.addEventListener("change", () => { take([...input.files]); input.value = ""; });
target?.addEventListener("change", () => {
  for (const one of sent) if (one.phase === "waiting" && !one.url && url()) { one.url = url(); tell(one, words.waiting, ""); }
  next();
});
const carries = (event) => event.dataTransfer?.types.includes("Files");
let depth = 0;
document.addEventListener("dragenter", (event) => { if (carries(event)) { depth += 1; cover.hidden = false; } });
document.addEventListener("dragleave", (event) => { if (carries(event)) { depth -= 1; cover.hidden = depth <= 0; } });
document.addEventListener("dragover", (event) => { if (carries(event)) event.preventDefault(); });
document.addEventListener("drop", (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  [depth, cover.hidden] = [0, true];
  take([...event.dataTransfer.files]);
  panel.scrollIntoView({ block: "nearest" });
});
window.addEventListener("beforeunload", (event) => {
  if (sent.some((one) => one.phase === "sending" || (one.phase === "waiting" && one.url))) event.preventDefault();
});
