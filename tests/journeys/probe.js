// What is wrong with the page as it stands, as sentences; read by test_pages.py.
() => {
  const wrong = [];
  const shown = (one) =>
    one.checkVisibility({ visibilityProperty: true }) && !one.closest(".visually-hidden, [aria-hidden=true]");
  const name = (one) => `${one.localName} «${(one.innerText || one.name || one.id).trim().slice(0, 40)}»`;

  const root = document.documentElement;
  const over = root.scrollWidth - root.clientWidth;
  if (over > 0) {
    const outside = [...document.querySelectorAll("body *")].filter((one) => {
      const box = one.getBoundingClientRect();
      return (box.right > innerWidth + 1 || box.left < -1) && shown(one);
    });
    wrong.push(`${over} px too wide: ${outside.slice(-3).map(name)}`);
  }

  const titles = document.querySelectorAll("h1").length;
  if (titles !== 1) wrong.push(`${titles} h1`);

  // A box or a radio button inside its card is touched by the card; links in a sentence are exempt.
  const touched = [
    "button", "select", "textarea", "summary", "input:not([type=hidden])", "label.choice",
    "a.button", "a.link", "a.back", ".nav a", ".tabs a",
  ];
  for (const one of document.querySelectorAll(touched.join())) {
    if (!shown(one) || (one.localName === "input" && one.closest("label.choice"))) continue;
    const box = one.getBoundingClientRect();
    if (box.height < 43.5 || box.width < 43.5) {
      wrong.push(`${Math.round(box.width)}×${Math.round(box.height)} px: ${name(one)}`);
    }
  }

  // A link with no words beside it in its block is a target of its own.
  const block = (one) => (getComputedStyle(one).display === "inline" ? block(one.parentElement) : one);
  for (const one of document.querySelectorAll("a[href]")) {
    if (!shown(one) || block(one).innerText.trim() !== one.innerText.trim()) continue;
    const box = one.getBoundingClientRect();
    if (box.height < 24) wrong.push(`${box.height.toFixed(1)} px high, alone: ${name(one)}`);
  }
  return wrong;
}
