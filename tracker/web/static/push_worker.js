// Shows push messages on this device, says so to the court, and opens the alert that one is about.
// It keeps nothing and sees no page: what a message says comes sealed for this browser alone.

self.addEventListener("push", (event) => event.waitUntil(show(event.data.json())));

async function show(message) {
  await self.registration.showNotification(message.title, {
    body: message.body,
    tag: message.tag,
    renotify: !message.silent,
    silent: message.silent,
    requireInteraction: !message.silent,
    icon: "/static/mark.svg",
    actions: message.actions.map((title, place) => ({ action: `${place}`, title })),
    data: message,
  });
  if (message.receipt) await post("/devices/shown", { receipt: message.receipt });
}

// What is tapped decides nothing here: the page that opens shows how things stand now, and asks.
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { alert, link, seen } = event.notification.data;
  const page = seen ? "/devices" : link ? link : alert ? `/alerts/${alert}` : "/";
  event.waitUntil(Promise.all([seen && post("/devices/seen", { token: seen }), self.clients.openWindow(page)]));
});

function post(address, fields) {
  return fetch(address, { method: "POST", body: new URLSearchParams(fields) });
}
