// Every page works without this: it only counts down, refreshes what changed, brings the current tab into view,
// checks the form while it is typed, leads to what was wrong with it, and back to what was typed before signing in.

import { followChanges } from "./live.js";
import { startCountdowns } from "./countdown.js";
import { checkWhileTyping, goToFirstProblem, papersByMeasure } from "./entry_form.js";
import { offerPush } from "./devices.js";
import { tryWhileTyping } from "./text_form.js";

followChanges();
startCountdowns();
document.querySelector("nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
goToFirstProblem();
document.querySelectorAll("form[data-check]").forEach(checkWhileTyping);
document.querySelectorAll("form[data-papers-by-measure]").forEach(papersByMeasure);
document.querySelectorAll("form[data-push-key]").forEach(offerPush);
document.querySelector("form[data-send-at-once]")?.requestSubmit(document.querySelector("form[data-send-at-once] button"));
if (document.querySelector(".shown-again")) document.querySelector("details.card[open]")?.scrollIntoView({ block: "center" });
document.querySelectorAll("form[data-try]").forEach(tryWhileTyping);
