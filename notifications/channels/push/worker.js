/** Shows what a push service brings, and opens what it speaks of. Kept by the browser, for this site alone. */

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("push", (event) => {
  const said = event.data.json();
  event.waitUntil(
    self.registration.showNotification(said.title, {
      body: said.body,
      lang: said.lang,
      dir: said.dir,
      tag: said.tag,
      silent: !said.rings,
      requireInteraction: said.rings,
      data: { url: said.url },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data.url, self.location.origin);
  if (url.origin === self.location.origin) event.waitUntil(self.clients.openWindow(url.href));
});
