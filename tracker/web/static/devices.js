// Lets this browser get push messages: asks its user, subscribes, and sends the subscription with the form.

const WORKER = "/static/push_worker.js";

export function offerPush(form) {
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) {
    form.querySelector("button").disabled = true;
    tell(form, form.dataset.unsupported);
    return;
  }
  form.addEventListener("submit", (event) => {
    if (form.elements.subscription.value) return;
    event.preventDefault();
    subscribe(form);
  });
}

async function subscribe(form) {
  const permission = await Notification.requestPermission();
  if (permission !== "granted") return tell(form, form.dataset.denied);
  try {
    const registration = await activated(await navigator.serviceWorker.register(WORKER));
    const former = await registration.pushManager.getSubscription();
    // A subscription is bound to the key it was made for.
    if (former && !isFor(former, form.dataset.pushKey)) await former.unsubscribe();
    const options = { userVisibleOnly: true, applicationServerKey: form.dataset.pushKey };
    const subscription = await registration.pushManager.subscribe(options);
    form.elements.subscription.value = JSON.stringify(subscription);
  } catch {
    return tell(form, form.dataset.failed);
  }
  form.requestSubmit();
}

function isFor(subscription, key) {
  const bytes = new Uint8Array(subscription.options.applicationServerKey ?? []);
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "") === key;
}

// The worker's scope is where it lies, and this page is not in it: `ready` would never come.
function activated(registration) {
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  return new Promise((resolve, reject) => {
    const look = () => {
      if (worker.state === "activated") resolve(registration);
      if (worker.state === "redundant") reject(new Error("the worker did not start"));
    };
    worker.addEventListener("statechange", look);
    look();
  });
}

function tell(form, words) {
  const place = form.querySelector("[role=alert]");
  place.textContent = words;
  place.hidden = false;
}
