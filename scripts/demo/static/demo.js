// Every page works without this: it only looks again when something happened, and keeps the newest message in sight.

const PART = "[data-live]";
let isFetching = false;
let isStale = false;

async function refresh() {
  if (isFetching) {
    isStale = true;
    return;
  }
  isFetching = true;
  try {
    do {
      isStale = false;
      const answer = await fetch(location.href);
      if (answer.ok) replaceParts(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } while (isStale);
  } catch {
    // The server was ended: the stream reconnects by itself when it is back.
  } finally {
    isFetching = false;
  }
}

function replaceParts(page) {
  for (const part of document.querySelectorAll(PART)) {
    const fresh = page.getElementById(part.id);
    if (!fresh || part.innerHTML === fresh.innerHTML) continue;
    part.innerHTML = fresh.innerHTML;
    showNewest(part);
  }
}

function showNewest(part) {
  if (part.matches(".bubbles")) part.scrollTop = part.scrollHeight;
}

document.querySelectorAll(PART).forEach(showNewest);
const stream = new EventSource("/demo/live");
stream.addEventListener("changed", refresh);
stream.addEventListener("open", refresh);
