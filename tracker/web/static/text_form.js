// Shows what a text would say while it is typed. The server judges: the form is sent to be tried, and what it
// answers is put in place.

const PAUSE_MS = 350;

export function tryWhileTyping(form) {
  let timer;
  let latest = 0;

  async function tryNow() {
    const mine = ++latest;
    const typed = new URLSearchParams(new FormData(form));
    typed.set("act", "try");
    try {
      const answer = await fetch(form.action, { method: "POST", body: typed });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine === latest) show(form, page);
    } catch {
      // Offline: the same checks run when the form is sent.
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(tryNow, PAUSE_MS);
  });
}

function show(form, page) {
  const fresh = page.getElementById("tried");
  if (!fresh) return;
  document.getElementById("tried").innerHTML = fresh.innerHTML;
  for (const place of form.querySelectorAll("[data-problem-for]")) {
    const told = page.querySelector(`[data-problem-for="${place.dataset.problemFor}"]`);
    place.replaceChildren(...told.childNodes);
    place.hidden = told.hidden;
  }
}
