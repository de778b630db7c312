// Asks before what cannot be undone. <form data-confirm="question" data-why="what follows">, or the same on its button:
// the page's own dialog puts the question, and the form is sent when the answer is yes. Without this file it is sent.
const dialog = document.querySelector("#ask");
const agreed = new WeakSet();

/** Put a question; resolves to whether the answer was yes. `verb` is what stands on the button that agrees. */
export function ask(question, { why = "", verb = "" } = {}) {
  const yes = dialog.querySelector("#ask-yes");
  dialog.querySelector("#ask-what").textContent = question;
  dialog.querySelector("#ask-why").textContent = why;
  dialog.querySelector("#ask-why").hidden = !why;
  yes.textContent = verb || yes.dataset.text;
  dialog.returnValue = "no"; // Esc leaves it so
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true });
  });
}

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  const from = submitter?.dataset.confirm ? submitter : form;
  if (!from.dataset.confirm || agreed.delete(form)) return;
  event.preventDefault();
  event.stopPropagation();
  const verb = submitter?.textContent.trim() || "";
  if (!await ask(from.dataset.confirm, { why: from.dataset.why, verb })) return;
  agreed.add(form);
  form.requestSubmit(submitter);
}, { capture: true });
