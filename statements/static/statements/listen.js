// "Écouter" in the place of a player's many controls; without JavaScript the player stands there by itself.
for (const place of document.querySelectorAll("[data-listen]")) {
  const sound = place.querySelector("audio");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--outline";
  button.textContent = place.dataset.listen;
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    if (sound.paused) sound.play();
    else sound.pause();
  });
  for (const event of ["play", "pause", "ended"]) {
    sound.addEventListener(event, () => button.setAttribute("aria-pressed", String(!sound.paused)));
  }
  sound.hidden = true;
  place.append(button);
}
