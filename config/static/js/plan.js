/** A plan's comforts: tick all or none, copy the call for offers. Without a script each box and text is there too. */

document.addEventListener("click", async (event) => {
  const ticker = event.target.closest("[data-tick]");
  if (ticker) {
    for (const box of ticker.form.querySelectorAll("input[name=line]")) box.checked = ticker.dataset.tick === "all";
    return;
  }
  const copier = event.target.closest("[data-copy]");
  if (!copier) return;
  const text = document.querySelector(copier.dataset.copy);
  text.select();
  try {
    await navigator.clipboard.writeText(text.value);
  } catch {
    document.execCommand("copy"); // no clipboard outside https: the selection is copied the old way
  }
  copier.parentElement.querySelector("[data-copy-status]").textContent = copier.dataset.copied;
});
