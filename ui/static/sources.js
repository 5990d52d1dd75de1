// Runs once, when the sources are on the page. `element`, `server`, `trigger` and `watch` come from
// Gradio. The server escapes the HTML it sends (ui/templates); no other text becomes markup here.

const desk = document.getElementById("desk");
const beside = document.getElementById("beside");
const list = element.querySelector(".list");
const reader = element.querySelector(".reader");
const status = element.querySelector(".status");
const narrow = matchMedia("(max-width: 860px)");
const still = matchMedia("(prefers-reduced-motion: reduce)");
let opener = null;
let questionCount = 0;

function scrollTo(target, block) {
  target.scrollIntoView({ block, behavior: still.matches ? "auto" : "smooth" });
}

function notify(text) {
  status.textContent = text;
  setTimeout(() => (status.textContent = ""), 2500);
}

// On a phone the sources of an answer are folded under it, and the latest ones are open. Gradio
// renders all of them beside the conversation again whenever they change.
function fold() {
  const folds = [...desk.querySelectorAll("#conversation .fold")];
  const sections = desk.querySelectorAll(".turn[id]");
  if (!narrow.matches) {
    if (folds.some((details) => details.querySelector(".turn"))) list.replaceChildren(...sections);
    return;
  }
  for (const section of list.querySelectorAll(".turn[id]")) {
    const place = folds.find((details) => details.id === `fold-${section.id}`);
    if (!place) continue;
    place.querySelector(".turn")?.remove();
    place.append(section);
    for (const details of folds) details.open = details === folds.at(-1);
  }
}

function showSource(id, takesFocus = true) {
  const card = document.getElementById(id);
  const turn = card?.closest(".turn");
  if (!turn) return;
  closeArticle(takesFocus);
  for (const section of list.querySelectorAll(".turn")) {
    section.classList.toggle("current", section === turn);
  }
  for (const other of desk.querySelectorAll(".card")) {
    other.classList.toggle("called", other === card);
  }
  turn.closest(".fold")?.setAttribute("open", "");
  if (takesFocus) card.focus({ preventScroll: true });
  const isTall = card.offsetHeight > beside.clientHeight;
  scrollTo(card, narrow.matches || isTall ? "start" : "nearest");
}

function showMark(id) {
  const mark = desk.querySelector(`a.cite[href="#${CSS.escape(id)}"]`);
  mark?.focus({ preventScroll: true });
  if (mark) scrollTo(mark, "center");
}

function placeOf(button) {
  const { start, end } = button.dataset;
  return [start, end, button.closest(".card").querySelector("blockquote").dataset.quote];
}

async function openArticle(button) {
  const { article } = button.dataset;
  const turn = button.closest(".card") && button.closest(".turn");
  const buttons = turn?.querySelectorAll(`button[data-article="${CSS.escape(article)}"]`) ?? [];
  const others = [...buttons].filter((other) => other !== button);
  const places = turn ? [button, ...others].map(placeOf) : [];
  const html = await server.open_article([article, places]).catch(() => null);
  if (typeof html !== "string") return notify("The article could not be opened: the server does not respond");
  opener = button;
  reader.innerHTML = `<button type="button" class="back">Back</button>${html}`;
  reader.hidden = false;
  list.hidden = true;
  reader.focus({ preventScroll: true });
  const mark = reader.querySelector("mark:not(.other)");
  if (mark) mark.scrollIntoView({ block: "center" });
  else if (!narrow.matches) beside.scrollTop = 0;
}

function closeArticle(givesFocus = true) {
  if (reader.hidden) return;
  list.hidden = false;
  reader.hidden = true;
  reader.replaceChildren();
  if (givesFocus) opener?.focus();
  opener = null;
}

async function copyAnswer() {
  const plain = [...desk.querySelectorAll(".plain")].at(-1)?.textContent;
  if (!plain) return notify("There is no answer to copy yet");
  try {
    await navigator.clipboard.writeText(plain);
  } catch {
    // Browsers on other machines offer the clipboard API only over https.
    const field = document.body.appendChild(document.createElement("textarea"));
    field.value = plain;
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  notify("Copied with its sources");
}

function editQuestion(link) {
  trigger("edit", { turn: Number(link.hash.split("-")[1]) });
  document.querySelector("#question textarea").focus();
}

function choose(button) {
  const [turn, number] = button.value.split("-").map(Number);
  trigger("choose", { turn, number });
}

function focusQuestion() {
  if (!narrow.matches) document.querySelector("#question textarea").focus();
}

const actions = {
  "a.cite": (link) => showSource(link.hash.slice(1)),
  "a.number": (link) => showMark(link.hash.slice(1)),
  "button[data-article]": openArticle,
  "a.edit": editQuestion,
  "button.back": () => closeArticle(),
  "button.suggestion": choose,
  "#limits > button": (button) => narrow.matches && scrollTo(button, "center"),
  "#copy": copyAnswer,
  "#clear, .example": focusQuestion,
};

document.addEventListener("notify", (event) => notify(event.detail));

document.addEventListener("click", (event) => {
  for (const [selector, action] of Object.entries(actions)) {
    const target = event.target.closest(selector);
    if (!target) continue;
    if (target.matches("a")) event.preventDefault();
    action(target);
  }
});

// Moving from mark to mark with the keyboard shows the source of each.
document.addEventListener("focusin", ({ target }) => {
  const isMark = target.matches("#conversation a.cite");
  if (isMark && !narrow.matches) showSource(target.hash.slice(1), false);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) closeArticle();
});

narrow.addEventListener("change", fold);

// New sources are shown from the top.
watch("value", () => {
  opener = null;
  if (!narrow.matches) beside.scrollTop = 0;
});

// The conversation is not on the page yet when this runs, and Gradio may render it again at any time.
new MutationObserver(() => {
  fold();
  for (const message of desk.querySelectorAll("#conversation [data-testid][aria-label]")) {
    message.removeAttribute("aria-label"); // Gradio puts the message's HTML here; a screen reader needs only its text
  }
  // Gradio calls it a list, although it has no list items.
  desk.querySelector(".examples[role=list]")?.setAttribute("role", "group");
  const limits = desk.querySelector("#limits > button");
  limits?.setAttribute("aria-expanded", limits.classList.contains("open"));
  const questions = desk.querySelectorAll("#conversation .user-row");
  // The first question is in view anyway.
  if (narrow.matches && questions.length > Math.max(questionCount, 1)) scrollTo(questions[questions.length - 1], "start");
  questionCount = questions.length;
}).observe(desk, { childList: true, subtree: true, attributeFilter: ["aria-label", "class"] });
