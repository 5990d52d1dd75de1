// Runs once, when the sources are on the page; `element`, `server` and `watch` are Gradio's.
// What the server sends is escaped there (ui/page.py); here no text is made into markup.

const desk = document.getElementById("desk");
const beside = document.getElementById("beside");
const list = element.querySelector(".list");
const reader = element.querySelector(".reader");
const told = element.querySelector(".told");
const narrow = matchMedia("(max-width: 860px)");
const still = matchMedia("(prefers-reduced-motion: reduce)");
let opener = null;
let asked = 0;

function bring(target, block) {
  target.scrollIntoView({ block, behavior: still.matches ? "auto" : "smooth" });
}

function tell(words) {
  told.textContent = words;
  setTimeout(() => (told.textContent = ""), 2500);
}

// On a phone the sources of an answer lie folded under it, the latest ones open. Gradio draws all of
// them anew beside the conversation whenever there are others.
function fold() {
  const folds = [...desk.querySelectorAll("#conversation .fold")];
  const sections = desk.querySelectorAll(".turn[id]");
  if (!narrow.matches) {
    if (folds.some((each) => each.querySelector(".turn"))) list.replaceChildren(...sections);
    return;
  }
  for (const section of list.querySelectorAll(".turn[id]")) {
    const place = folds.find((each) => each.id === `fold-${section.id}`);
    if (!place) continue;
    place.querySelector(".turn")?.remove();
    place.append(section);
    for (const each of folds) each.open = each === folds.at(-1);
  }
}

function showSource(id, takesFocus = true) {
  const card = document.getElementById(id);
  const turn = card?.closest(".turn");
  if (!turn) return;
  closeArticle(takesFocus);
  for (const each of list.querySelectorAll(".turn")) {
    each.classList.toggle("current", each === turn);
  }
  for (const each of desk.querySelectorAll(".card")) {
    each.classList.toggle("called", each === card);
  }
  turn.closest(".fold")?.setAttribute("open", "");
  if (takesFocus) card.focus({ preventScroll: true });
  const tall = card.offsetHeight > beside.clientHeight;
  bring(card, narrow.matches || tall ? "start" : "nearest");
}

function showMark(id) {
  const mark = desk.querySelector(`a.cite[href="#${CSS.escape(id)}"]`);
  mark?.focus({ preventScroll: true });
  if (mark) bring(mark, "center");
}

function placeOf(button) {
  const { start, end } = button.dataset;
  return [start, end, button.closest(".card").querySelector("blockquote").dataset.quote];
}

async function openArticle(button) {
  const { article } = button.dataset;
  const turn = button.closest(".card") && button.closest(".turn");
  const same = turn?.querySelectorAll(`button[data-article="${CSS.escape(article)}"]`) ?? [];
  const others = [...same].filter((each) => each !== button);
  const places = turn ? [button, ...others].map(placeOf) : [];
  const html = await server.open_article([article, places]).catch(() => null);
  if (typeof html !== "string") return tell("The article cannot be opened: nothing answers");
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
  if (!plain) return tell("There is no answer to copy yet");
  try {
    await navigator.clipboard.writeText(plain);
  } catch {
    // Without https, other machines' browsers have no clipboard but this one.
    const field = document.body.appendChild(document.createElement("textarea"));
    field.value = plain;
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  tell("Copied with its sources");
}

function editQuestion(link) {
  trigger("edit", { turn: Number(link.hash.split("-")[1]) });
  document.querySelector("#question textarea").focus();
}

function writeNext() {
  if (!narrow.matches) document.querySelector("#question textarea").focus();
}

const actions = {
  "a.cite": (link) => showSource(link.hash.slice(1)),
  "a.number": (link) => showMark(link.hash.slice(1)),
  "button[data-article]": openArticle,
  "a.edit": editQuestion,
  "button.back": () => closeArticle(),
  "#limits > button": (button) => narrow.matches && bring(button, "center"),
  "#copy": copyAnswer,
  "#clear, .example": writeNext,
};

document.addEventListener("tell", (event) => tell(event.detail));

document.addEventListener("click", (event) => {
  for (const [selector, action] of Object.entries(actions)) {
    const target = event.target.closest(selector);
    if (!target) continue;
    if (target.matches("a")) event.preventDefault();
    action(target);
  }
});

// Whoever goes from mark to mark by keyboard sees each one's source beside it.
document.addEventListener("focusin", ({ target }) => {
  const isMark = target.matches("#conversation a.cite");
  if (isMark && !narrow.matches) showSource(target.hash.slice(1), false);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) closeArticle();
});

narrow.addEventListener("change", fold);

// New sources are read from the top.
watch("value", () => {
  opener = null;
  if (!narrow.matches) beside.scrollTop = 0;
});

// The conversation is not on the page yet when this runs, and Gradio redraws it at will.
new MutationObserver(() => {
  fold();
  for (const message of desk.querySelectorAll("#conversation [data-testid][aria-label]")) {
    message.removeAttribute("aria-label"); // Gradio reads out the message's HTML; its text will do
  }
  // A list that has no items, as Gradio draws it.
  desk.querySelector(".examples[role=list]")?.setAttribute("role", "group");
  const limits = desk.querySelector("#limits > button");
  limits?.setAttribute("aria-expanded", limits.classList.contains("open"));
  const questions = desk.querySelectorAll("#conversation .user-row");
  // The first is in view anyway.
  if (narrow.matches && questions.length > Math.max(asked, 1)) bring(questions[questions.length - 1], "start");
  asked = questions.length;
}).observe(desk, { childList: true, subtree: true, attributeFilter: ["aria-label", "class"] });
