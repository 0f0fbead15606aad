/**
 * "Me prévenir sur cet appareil": asks the browser, then sends what it has agreed with its push service as a form.
 * Without a script, or a browser that can, the page says so, and devices can still be removed.
 */

const form = document.querySelector("[data-push]");
const devices = document.querySelectorAll("[data-device]");

function say(what) {
  for (const text of document.querySelectorAll("[data-push-says]")) text.hidden = text.dataset.pushSays !== what;
}

function bytes(base64) {
  const text = atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (sign) => sign.charCodeAt(0));
}

async function fingerprint(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function markOwn() {
  const registration = await navigator.serviceWorker.getRegistration(form.dataset.worker);
  const subscription = await registration?.pushManager.getSubscription();
  const own = subscription && (await fingerprint(subscription.endpoint));
  const found = [...devices].find((device) => device.dataset.device === own);
  if (found) found.querySelector("[data-this-device]").hidden = false;
  form.hidden = Boolean(found);
}

async function start(button) {
  button.setAttribute("aria-disabled", "true");
  try {
    if ((await Notification.requestPermission()) !== "granted") return say("refused");
    await navigator.serviceWorker.register(form.dataset.worker);
    const registration = await navigator.serviceWorker.ready;
    // One that was agreed with another key takes nothing from us.
    await (await registration.pushManager.getSubscription())?.unsubscribe();
    const agreed = await registration.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: bytes(form.dataset.key),
    });
    const { endpoint, keys } = agreed.toJSON();
    form.elements.endpoint.value = endpoint;
    form.elements.p256dh.value = keys.p256dh;
    form.elements.auth.value = keys.auth;
    form.requestSubmit();
  } catch {
    say("failed");
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

if (form) {
  if ("PushManager" in window && "serviceWorker" in navigator && "Notification" in window) {
    say(Notification.permission === "denied" ? "refused" : "");
    markOwn();
    form.querySelector("button").addEventListener("click", (event) => start(event.currentTarget));
  } else {
    say("unable");
  }
}
