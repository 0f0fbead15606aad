/**
 * Accorde: the few comforts that need a script. Every page works without it.
 *
 *   form[method=post]          sent once: a second press does nothing until an answer has come
 *   [data-riddle]              a hidden field of a form: solved while its reader reads; sent no sooner (accounts/visitors.py)
 *   [data-menu]                a <details> that closes on Escape and on a press elsewhere
 *   [data-close="SELECTOR"]    removes the nearest ancestor that matches
 *   [data-open="SELECTOR"]     opens a <dialog>
 *   [data-copy="SELECTOR"]     copies the text of that element, and says its data-copied
 *   [data-print]               prints the page; hidden until this script runs
 *   [data-error-summary]       takes the focus when a form comes back with errors
 *   [data-search]              a field that the key / goes to; without one, to the page of link[rel=search]
 *   [data-desk]                keys j k p d ? (see "The desk" below)
 *   [data-desk-refresh]        asks for the case anew, unless somebody is writing
 *
 * One file, no import: the hashed static storage then needs no rewriting of modules.
 */

document.documentElement.classList.add("js");

// Riddles -------------------------------------------------------------------------------------------------------

const BATCH = 512;

/** The first number so that the SHA-256 of "riddle.number" begins with so many bits of nought. */
async function numberFor(riddle, bits) {
  const text = new TextEncoder();
  for (let first = 0; ; first += BATCH) {
    const hashes = await Promise.all(
      Array.from({ length: BATCH }, (_, n) => crypto.subtle.digest("SHA-256", text.encode(`${riddle}.${first + n}`))),
    );
    const found = hashes.findIndex((hash) => Math.clz32(new DataView(hash).getUint32(0)) >= bits);
    if (found >= 0) return first + found;
  }
}

const solved = new WeakMap();
for (const field of document.querySelectorAll("[data-riddle]")) {
  const { riddle, bits } = field.dataset;
  const answer = (number) => { field.value = `${riddle}.${number}`; };
  // Without crypto.subtle (no https, an old browser) the form is sent as it is, and the page that comes back says why.
  solved.set(field, numberFor(riddle, Number(bits)).then(answer, () => solved.delete(field)));
}

// Before "Sent once", which would take it for sent.
document.addEventListener("submit", (event) => {
  const field = event.target.querySelector("[data-riddle]");
  if (!field || field.value || !solved.has(field)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const button = event.submitter;
  button?.setAttribute("aria-busy", "true");
  solved.get(field).then(() => {
    button?.removeAttribute("aria-busy");
    event.target.requestSubmit(button);
  });
}, true);

// Sent once -----------------------------------------------------------------------------------------------------

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-disabled=true]")) button.removeAttribute("aria-disabled");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sent = "yes";
  // aria-disabled rather than disabled: a disabled button would drop its own name and value from the form.
  if (event.submitter) event.submitter.setAttribute("aria-disabled", "true");
  // A request that was stopped or lost leaves the page in place: do not lock it for good.
  setTimeout(release, 10_000, form);
}, true);

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form");
  if (form) release(form);
});

// "Back" shows the page as it was left, with its forms already marked: free them.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
});

// Menus, notices, dialogs ---------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest(closer.dataset.close)?.remove();
  const opener = event.target.closest("[data-open]");
  if (opener) document.querySelector(opener.dataset.open)?.showModal();
  if (event.target.closest("[data-print]")) print();
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
});

for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;

async function copy(button) {
  const source = document.querySelector(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = button.dataset.copied;
  } catch {
    getSelection().selectAllChildren(source); // not allowed here: what is marked can be copied by hand
  }
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = event.target.closest?.("[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

function focusErrors(root) {
  root.querySelector("[data-error-summary]")?.focus();
}
focusErrors(document);
document.addEventListener("htmx:afterSwap", (event) => focusErrors(event.target));

// The desk ------------------------------------------------------------------------------------------------------
//
//   a[data-desk-item]      a case in the queue; the open one has aria-current
//   [data-desk-pairing]    a suggestion; the one that holds the focus is meant, else the first
//   [data-key="p"]         inside it, what the key does: a link or button is focused, and pressed when the key comes
//                          again; a <details> opens and its first field takes the focus
//
// A citizen is asked on `p`, so one stray key must not be enough: hence the second press. Single-letter keys can be
// switched off in the help (WCAG 2.1.4).

const SWITCH = "accorde.shortcuts";

function shortcutsWanted() {
  try {
    return localStorage.getItem(SWITCH) !== "off";
  } catch {
    return true; // storage refused by the browser: keep the default
  }
}

function move(desk, step) {
  const items = [...desk.querySelectorAll("[data-desk-item]")];
  if (!items.length) return;
  const current = items.findIndex((item) => item.hasAttribute("aria-current"));
  const next = current === -1 ? 0 : current + step;
  items[next]?.click();
}

// The list keeps its place from one case to the next; beside a case it comes after the page.
const QUEUE_PLACE = "accorde.queue";
const queue = document.querySelector("#desk-queue");
const hasList = () => queue.querySelector("[data-desk-item]") !== null;
function backToPlace() {
  try {
    queue.scrollTop = Number(sessionStorage.getItem(QUEUE_PLACE));
    addEventListener("pagehide", () => sessionStorage.setItem(QUEUE_PLACE, queue.scrollTop));
  } catch {
    // storage refused: the list begins at its top
  }
  queue.querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest" });
}
if (queue && hasList()) backToPlace();
else queue?.addEventListener("htmx:afterSwap", backToPlace, { once: true });

// What a colleague has done shows by itself, unless somebody is writing: then a link shows it.
function isWriting(form) {
  return form.contains(document.activeElement) || form.closest("details")?.open;
}
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.target.matches?.("[data-desk-refresh]")) return;
  const forms = [...document.querySelectorAll("#desk-case form, #desk-side form")];
  if (forms.some(isWriting)) event.preventDefault();
});

function act(desk, key) {
  const pairing = document.activeElement.closest("[data-desk-pairing]") ?? desk.querySelector("[data-desk-pairing]");
  const target = pairing?.querySelector(`[data-key="${key}"]`);
  if (!target) return;
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.querySelector("input:not([type=hidden]), select, textarea, button")?.focus();
  } else if (document.activeElement === target) {
    target.click();
  } else {
    target.focus();
  }
}

// Where the page has a field to search in, it is meant; else the town's own search, if its reader has one.
function search() {
  const field = document.querySelector("[data-search]");
  const page = document.querySelector("link[rel=search]");
  if (field) {
    field.focus();
    field.select();
  } else if (page) location.assign(page.href);
  return field ?? page;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
  if (!shortcutsWanted()) return;
  const desk = document.querySelector("[data-desk]");
  if (event.key === "/") {
    if (!search()) return;
  } else if (!desk) return;
  else if (event.key === "j") move(desk, 1);
  else if (event.key === "k") move(desk, -1);
  else if (event.key === "p" || event.key === "d") act(desk, event.key);
  else if (event.key === "?") document.querySelector("#desk-help")?.showModal();
  else return;
  event.preventDefault();
});

for (const box of document.querySelectorAll("[data-shortcuts-switch]")) {
  box.checked = shortcutsWanted();
  box.addEventListener("change", () => {
    try {
      localStorage.setItem(SWITCH, box.checked ? "on" : "off");
    } catch {
      // storage refused: the choice lasts as long as the page
    }
  });
}

// The tab that is shown on a phone, told to screen readers too.
function markTab() {
  for (const tab of document.querySelectorAll(".desk__tabs a")) {
    const shown = location.hash ? tab.hash === location.hash : tab.classList.contains("desk__tab--first");
    if (shown) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
}
window.addEventListener("hashchange", markTab);
markTab();
