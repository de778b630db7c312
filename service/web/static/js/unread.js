// How many scans still wait for their reading, asked again while there are any.
const card = document.querySelector("[data-unread]");

async function ask() {
  const answer = await fetch(card.dataset.unread, { headers: { "X-Unattended": "1" } }).catch(() => null);
  if (answer?.ok) {
    const { unread } = await answer.json();
    card.querySelector("b").textContent = unread;
    if (!unread) return card.remove();
  }
  setTimeout(ask, 4000);
}
setTimeout(ask, 4000);
