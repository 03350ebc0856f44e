// The stream says only that something changed; the page is fetched anew and the parts that differ are replaced.
// A part in which somebody is writing is left alone until it is sent.

import { resetClock, showAll } from "./countdown.js";

const PART = "[data-live]";
const shown = new WeakMap();

// To be called before anything on the page is changed: what the server sent is what the next answer is held against.
export function followChanges() {
  const all = document.querySelectorAll(PART);
  if (all.length === 0) return;
  // A form that came back stands at its own address, where nothing can be fetched and reloading would send it again.
  const own = document.querySelector("[data-address]");
  if (own && own.dataset.address !== location.pathname) history.replaceState(null, "", own.dataset.address);
  all.forEach((part) => shown.set(part, part.innerHTML));
  document.addEventListener("input", (event) => {
    event.target.closest(PART)?.setAttribute("data-written", "");
    written = event.target.form ?? written;
  });
  const stream = new EventSource("/live");
  stream.addEventListener("changed", refresh);
  // After a break something may have been missed.
  stream.addEventListener("open", refresh);
  // The server ends the stream for good when the session is over: nothing may stay on the screen then.
  stream.addEventListener("error", () => stream.readyState === EventSource.CLOSED && leave());
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
}

let written;

// What was being written goes along to the sign-in page, and comes back sealed: it is done by nobody but its writer.
function leave() {
  if (!written?.isConnected) return location.reload();
  const address = Object.assign(document.createElement("input"), { type: "hidden", name: "kept_address" });
  address.value = written.getAttribute("action");
  written.append(address);
  written.action = "/sign-in/written";
  written.submit();
}

let isFetching = false;
let isStale = false;

async function refresh() {
  if (document.hidden) return;
  if (isFetching) {
    isStale = true;
    return;
  }
  isFetching = true;
  try {
    do {
      isStale = false;
      await fetchAndReplace();
    } while (isStale);
  } catch {
    // Offline: the stream reconnects by itself and asks again.
  } finally {
    isFetching = false;
  }
}

async function fetchAndReplace() {
  const answer = await fetch(location.href, { redirect: "manual" });
  if (!answer.ok) return leave();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (haveParted(page)) return location.reload();
  resetClock(page);
  for (const part of document.querySelectorAll(PART)) replace(part, page.getElementById(part.id));
  showAll();
}

function parts(page) {
  return [...page.querySelectorAll(PART)].map((part) => part.id).join();
}

// A part that came or went (a form that one may use now) changes the page as a whole.
function haveParted(page) {
  return parts(page) !== parts(document) && !document.querySelector("[data-written]");
}

function replace(part, fresh) {
  if (!fresh || part.hasAttribute("data-written") || part.contains(document.activeElement)) return;
  if (shown.get(part) === fresh.innerHTML) return;
  part.className = fresh.className;
  part.innerHTML = fresh.innerHTML;
  shown.set(part, fresh.innerHTML);
}
