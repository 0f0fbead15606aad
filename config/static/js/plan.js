/** A plan's comforts: tick all or none at once, copy the call for offers. Without a script each link and text does it. */

document.addEventListener("click", async (event) => {
  const ticker = event.target.closest("[data-tick]");
  if (ticker) {
    event.preventDefault();
    const form = ticker.closest("form");
    for (const box of form.querySelectorAll("input[name=line]")) box.checked = ticker.dataset.tick === "all";
    form.dispatchEvent(new Event("change")); // whoever counts the people is told
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
