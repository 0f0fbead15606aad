/** A touched placeholder goes where the cursor is, in the field that had it last. Without a script, it is typed. */

const form = document.querySelector("[data-wording]");
let field = form?.querySelector("textarea");

form?.addEventListener("focusin", (event) => {
  if (event.target.matches("textarea, input[type=text]")) field = event.target;
});

form?.addEventListener("click", (event) => {
  const written = event.target.closest("[data-insert]")?.dataset.insert;
  if (!written || !field) return;
  field.setRangeText(written, field.selectionStart, field.selectionEnd, "end");
  field.focus();
});
