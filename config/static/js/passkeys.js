/**
 * Passkeys: a form with what the browser has to sign, and a hidden field for what it signed.
 *
 *   form[data-passkey]         "add" or "use"; its data-options say what is to be signed, or its action when asked
 *   [data-passkey-button]      hidden until the browser is known to be able to
 *   [data-passkey-missing]     what is said to all others
 *   [data-passkey-failed]      what is said when nothing was signed
 */

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const keys = (listed) => (listed ?? []).map((key) => ({ ...key, id: bytes(key.id) }));

async function signed(how, { publicKey }) {
  const asked = { ...publicKey, challenge: bytes(publicKey.challenge) };
  if (how === "use") {
    return navigator.credentials.get({ publicKey: { ...asked, allowCredentials: keys(publicKey.allowCredentials) } });
  }
  const user = { ...publicKey.user, id: bytes(publicKey.user.id) };
  const excludeCredentials = keys(publicKey.excludeCredentials);
  return navigator.credentials.create({ publicKey: { ...asked, user, excludeCredentials } });
}

function asJson(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });
}

async function options(form) {
  if (form.dataset.options) return JSON.parse(form.dataset.options);
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  return (await answer.json()).request_options;
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) break;
  const button = form.querySelector("[data-passkey-button]");
  const failed = form.querySelector("[data-passkey-failed]");
  form.hidden = button.hidden = false;
  form.querySelector("[data-passkey-missing]")?.remove();
  button.addEventListener("click", async () => {
    failed.hidden = true;
    try {
      form.elements.credential.value = asJson(await signed(form.dataset.passkey, await options(form)));
      form.requestSubmit();
    } catch {
      failed.hidden = false; // refused by its owner, out of time, or not for this address: the browser does not say
    }
  });
}
