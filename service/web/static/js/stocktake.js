// Scanning labels with a phone's camera, where the browser can read barcodes; a hand scanner types into the field.
const button = document.getElementById("camera");
const eye = document.getElementById("eye");
const field = document.getElementById("code");

async function look() {
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  eye.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  eye.hidden = false;
  await eye.play();
  const glance = async () => {
    const [found] = await detector.detect(eye);
    if (!found) {
      requestAnimationFrame(glance);
      return;
    }
    eye.srcObject.getTracks().forEach((track) => track.stop());
    field.value = found.rawValue.split("/").pop();
    field.form.requestSubmit();
  };
  glance();
}

if ("BarcodeDetector" in window && navigator.mediaDevices) {
  button.hidden = false;
  button.addEventListener("click", () => look().catch(() => { eye.hidden = true; field.focus(); }));
}
