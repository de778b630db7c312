// Labels that a camera sees are typed into the field of the form around it, as a hand scanner does.
// It stays on and takes one after the other; the same label is not taken twice in a row.
const panel = document.getElementById("camera");
const [button, eye, said] = ["button", "video", "[role=status]"].map((one) => panel.querySelector(one));
const form = panel.closest("form");
const field = form.querySelector("#code");
const EVERY = 120; // ms between two looks: quick enough for a hand, and the phone stays cool
const AGAIN = 3000; // ms after which a label that was refused may be tried again
let last = "";

const say = (text, tone = "hint") => {
  said.textContent = text;
  said.className = tone;
};

// Browsers without a reader of their own get the one that comes with the archive.
async function reader() {
  const own = "BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
  const Reader = own ? BarcodeDetector : (await import("../vendor/qr/decode.js")).BarcodeDetector;
  return new Reader({ formats: ["qr_code"] });
}

let sound = null;
function beep(good) {
  if (!sound) return;
  const tone = sound.createOscillator();
  tone.frequency.value = good ? 880 : 220;
  tone.connect(sound.destination);
  tone.start();
  tone.stop(sound.currentTime + (good ? 0.09 : 0.3));
}

// Sends what was read and shows the answer's lists in place, so that the camera need not begin anew.
async function note(code) {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const result = page.getElementById("result");
  if (!result) return location.reload(); // logged out meanwhile, or the archive is away: the page itself says so
  document.getElementById("result").replaceWith(result);
  const wrong = page.querySelector(".say.wrong");
  beep(!wrong);
  if (wrong) setTimeout(() => { if (last === code) last = ""; }, AGAIN);
  say(wrong ? wrong.textContent.trim().replace(/\s+/g, " ") : panel.dataset.noted.replace("{}", code), wrong ? "fault" : "noted");
  field.value = "";
}

async function seen(code) {
  last = code;
  field.value = code;
  if ("stays" in panel.dataset) await note(code);
  else {
    beep(true);
    off();
    form.requestSubmit();
  }
}

async function look(detector) {
  while (eye.srcObject) {
    const [found] = await detector.detect(eye).catch(() => []);
    const code = found?.rawValue.split("/").pop();
    if (code && code !== last && eye.srcObject) await seen(code).catch(() => say(panel.dataset.lost, "fault"));
    await new Promise((next) => setTimeout(next, EVERY));
  }
}

async function on() {
  sound ??= new AudioContext();
  const detector = await reader();
  eye.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  eye.hidden = false;
  button.setAttribute("aria-pressed", "true");
  await eye.play();
  say(panel.dataset.looking);
  look(detector);
}

function off() {
  eye.srcObject?.getTracks().forEach((track) => track.stop());
  eye.srcObject = null;
  eye.hidden = true;
  button.setAttribute("aria-pressed", "false");
}

if (!navigator.mediaDevices) say(panel.dataset.insecure);
else {
  button.hidden = false;
  button.addEventListener("click", () => {
    if (eye.srcObject) {
      off();
      say("");
    } else on().catch(() => { off(); say(panel.dataset.refused, "fault"); field.focus(); });
  });
}
