// Asks the court's own checks while the form is filled in. A field is only complained about once it was left.

const PAUSE_MS = 350;

export function checkWhileTyping(form) {
  // What the court has complained of already stays until it is put right.
  const told = [...form.querySelectorAll("[data-problem-for]:not([hidden])")];
  const left = new Set(told.map((place) => place.dataset.problemFor));
  let timer;
  let latest = 0;

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE_MS);
  };

  async function check() {
    const mine = ++latest;
    try {
      const answer = await fetch(form.dataset.check, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (answer.ok && mine === latest) show(form, await answer.json(), left);
    } catch {
      // Offline: the same checks run again when the form is sent.
    }
  }

  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("focusout", (event) => {
    left.add(event.target.name);
    later();
  });
  papersByMeasure(form);
}

// The first thing to put right, wherever on the page it stands.
export function goToFirstProblem() {
  const place = document.querySelector("[data-problem-for]:not([hidden])");
  place?.scrollIntoView({ block: "center" });
  place?.closest("label")?.control?.focus({ preventScroll: true });
}

export function papersByMeasure(form) {
  form.elements.measure.addEventListener("change", () => showPapers(form));
  showPapers(form);
}

function show(form, { problems, warnings, listed_already: listed, preview }, left) {
  for (const place of form.querySelectorAll("[data-problem-for]")) tell(place, place.dataset.problemFor, problems, left);
  for (const place of form.querySelectorAll("[data-warning-for]")) tell(place, place.dataset.warningFor, warnings, left);
  showListed(listed);
  showPreview(preview);
}

function tell(place, field, all, left) {
  const language = document.body.dataset.language;
  const told = all.filter((one) => one.field === field && isLeft(field, left));
  place.replaceChildren(...told.flatMap((one, index) => lines(one[language], index)));
  place.hidden = told.length === 0;
}

function lines(text, index) {
  return index === 0 ? [text] : [document.createElement("br"), text];
}

// `papers` and `documents` stand for all the fields below them.
function isLeft(field, left) {
  return [...left].some((name) => name === field || name.startsWith(`${field}.`) || name.startsWith(`${field}[`));
}

function showListed(listed) {
  const notice = document.getElementById("listed");
  notice.hidden = listed.length === 0;
  notice.querySelector("ul").replaceChildren(...listed.map(item));
}

function item(one) {
  const line = document.createElement("li");
  const link = document.createElement("a");
  link.href = one.address;
  link.textContent = one.case_number;
  line.append(link, ` ${one.measure} · ${one.state}`);
  return line;
}

function showPreview(sheets) {
  const place = document.getElementById("preview");
  place.replaceChildren(...sheets.map((sheet) => sheetOf(sheet, place.dataset.title)));
}

function sheetOf({ agency, lines }, title) {
  const sheet = document.createElement("section");
  sheet.className = "seen";
  const heading = document.createElement("h3");
  heading.textContent = title.replace("{}", agency);
  const list = document.createElement("dl");
  list.append(...lines.flatMap((line) => [cell("dt", line.what), cell("dd", line.value)]));
  sheet.append(heading, list);
  return sheet;
}

function cell(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

// A paper that the measure does not need is neither shown nor sent.
function showPapers(form) {
  const option = form.elements.measure.selectedOptions[0];
  const needed = new Set(option.dataset.papers.split(" "));
  for (const paper of form.querySelectorAll("[data-paper]")) {
    paper.disabled = paper.hidden = !needed.has(paper.dataset.paper);
  }
  const limit = document.getElementById("limit");
  limit.textContent = limit.dataset.words.replace("{}", option.dataset.limit);
}
