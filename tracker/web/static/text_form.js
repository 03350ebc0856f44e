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
  // Without it the session is over, and saving will lead to the sign-in.
  if (!page.getElementById("tried")) return;
  for (const id of ["tried", "count"]) {
    document.getElementById(id)?.replaceChildren(...page.getElementById(id).childNodes);
  }
  for (const place of form.querySelectorAll("[data-problem-for]")) {
    const told = page.querySelector(`[data-problem-for="${place.dataset.problemFor}"]`);
    place.replaceChildren(...told.childNodes);
    place.hidden = told.hidden;
  }
}
