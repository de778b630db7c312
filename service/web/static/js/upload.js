// Uploading scans: drop or choose several files; each has its progress, cancel and state. Leaving asks while sending.
const box = document.querySelector("#upload");
const list = document.querySelector("#uploads");
const said = { stored: "已保存，等待识别", reading: "正在识别", searchable: "可检索", failed: "识别失败" };
let sending = 0;

function send(file) {
  const row = document.createElement("li");
  row.innerHTML = '<span class="name"></span> <progress max="1" value="0" aria-label="进度"></progress> <span class="state busy"></span> <button type="button" class="btn btn-plain btn-sm">取消</button>';
  row.querySelector(".name").textContent = file.name;
  const [progress, state, cancel] = [row.querySelector("progress"), row.querySelector(".state"), row.querySelector("button")];
  list.append(row);
  const request = new XMLHttpRequest();
  const form = new FormData();
  form.append("file", file);
  request.open("POST", box.dataset.url);
  request.setRequestHeader("X-CSRFToken", box.dataset.token);
  request.upload.onprogress = (event) => { if (event.lengthComputable) progress.value = event.loaded / event.total; };
  const end = (text, kind) => { sending -= 1; state.textContent = text; state.className = `state ${kind}`; cancel.remove(); progress.remove(); };
  request.onload = () => {
    let answer = {};
    try { answer = JSON.parse(request.responseText); } catch { /* an answer that is no JSON has no reason to show */ }
    if (request.status < 300) { end(said[answer.state], "busy"); link(row, answer.id); follow(state, answer.id); }
    else end(answer.errors?.[0]?.message || answer.title || "上传失败，请重试", "bad");
  };
  request.onerror = () => end("网络中断，没有保存，请重试", "bad");
  request.onabort = () => end("已取消", "");
  cancel.onclick = () => request.abort();
  sending += 1;
  request.send(form);
}

function link(row, id) {
  const anchor = document.createElement("a");
  anchor.href = `/scans/${id}`;
  anchor.textContent = "查看";
  row.append(anchor);
}

async function follow(state, id) {
  for (let wait = 500; ; wait = Math.min(wait * 1.4, 4000)) {
    await new Promise((done) => { setTimeout(done, wait); });
    const answer = await fetch(`/api/v1/scans/${id}`);
    if (!answer.ok) return;
    const scan = await answer.json();
    state.textContent = scan.reason || said[scan.state];
    state.className = `state ${{ searchable: "good", failed: "bad" }[scan.state] || "busy"}`;
    if (scan.state === "searchable" || scan.state === "failed") return;
  }
}

if (box) {
  const input = box.querySelector("input[type=file]");
  input.addEventListener("change", () => { [...input.files].forEach(send); input.value = ""; });
  document.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("over"); });
  document.addEventListener("dragleave", () => box.classList.remove("over"));
  document.addEventListener("drop", (event) => { event.preventDefault(); box.classList.remove("over"); [...event.dataTransfer.files].forEach(send); });
  window.addEventListener("beforeunload", (event) => { if (sending) event.preventDefault(); });
}
