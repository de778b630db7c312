// <button data-print> prints the page that it stands on.
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
