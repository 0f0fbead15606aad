/** The total of the six parts follows what is typed. Without a script, the server says it when the form is sent. */

const form = document.querySelector("[data-weights]");
const shown = form?.querySelector("[data-weights-total]");

function number(text) {
  const value = Number(text.trim().replace(/[,٫]/, "."));
  return Number.isFinite(value) ? value : 0;
}

function show() {
  const boxes = [...form.querySelectorAll("input[inputmode=decimal]")];
  const total = Math.round(boxes.reduce((sum, box) => sum + number(box.value), 0) * 100) / 100;
  shown.textContent = total.toLocaleString(document.documentElement.lang);
  shown.toggleAttribute("data-off", total !== 100);
}

if (shown) {
  form.addEventListener("input", show);
  // "Back" brings what was typed, and fills the boxes after this script has run.
  window.addEventListener("pageshow", show);
}
