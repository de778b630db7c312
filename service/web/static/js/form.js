// Forms: the first field that is wrong gets the focus, and leaving asks while something typed is not saved.
const form = document.querySelector("form[data-guard]");
document.querySelector("main [aria-invalid='true']")?.focus();
// What is missing is said by us, at its field and in the person's language, not by the browser in its own.
for (const one of document.querySelectorAll("main form.form")) one.noValidate = true;

if (form) {
  const typed = () => JSON.stringify([...new FormData(form)]);
  const before = typed();
  const refused = document.querySelector("main [role='alert']") !== null; // what came back is not saved either
  let sent = false;
  form.addEventListener("submit", () => { sent = true; });
  window.addEventListener("beforeunload", (event) => { if (!sent && (refused || typed() !== before)) event.preventDefault(); });
}
