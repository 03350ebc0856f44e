// Counts down on the court's clock: the page brings its time, the browser's own clock may be wrong.

const WORDS = {
  zh: { day: "天", hour: "小时", minute: "分", second: "秒" },
  en: { day: "d ", hour: "h ", minute: "min ", second: "s" },
};

const words = WORDS[document.body.dataset.language] ?? WORDS.zh;
let behindMs = courtNow(document) - Date.now();

function courtNow(page) {
  return Date.parse(page.body.dataset.now);
}

export function resetClock(page) {
  behindMs = courtNow(page) - Date.now();
}

export function startCountdowns() {
  showAll();
  setInterval(showAll, 1000);
}

export function showAll() {
  document.querySelectorAll("[data-until]").forEach(show);
}

function show(element) {
  const leftS = Math.floor((Date.parse(element.dataset.until) - Date.now() - behindMs) / 1000);
  const past = leftS < 0;
  element.textContent = past ? `${element.dataset.past} ${written(-leftS)}` : written(leftS);
  element.classList.toggle("past", past);
}

function written(seconds) {
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days > 0) return `${days}${words.day}${hours}${words.hour}${minutes}${words.minute}`.trim();
  if (hours > 0) return `${hours}${words.hour}${minutes}${words.minute}`.trim();
  return `${minutes}${words.minute}${seconds % 60}${words.second}`.trim();
}
