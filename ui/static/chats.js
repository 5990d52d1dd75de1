// Runs once; `element`, `props`, `server`, `trigger` and `watch` are Gradio's. Chats are kept as data,
// a key of the browser's storage each. Here nothing that was kept is made into markup.

const KEY = "article-qa.chat.";
const CURRENT = "article-qa.current";
const MOST = 50; // chats
const ROOM = 2_000_000; // characters of all chats
const dialog = element.querySelector("dialog");
const search = dialog.querySelector("input");
const rows = dialog.querySelector("ul");
const all = dialog.querySelector(".all");

function tell(words) {
  document.dispatchEvent(new CustomEvent("tell", { detail: words }));
}

function isBusy() {
  return document.querySelector("#question .stop-button") !== null;
}

function read(id) {
  try {
    const { changed, turns } = JSON.parse(localStorage.getItem(KEY + id));
    if (!turns.length || turns.some((turn) => typeof turn.question !== "string")) return null;
    return { id, changed: Number(changed) || 0, turns };
  } catch {
    return null;
  }
}

// The newest first; what cannot be read is no chat.
function chats() {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(KEY));
    const found = keys.map((key) => read(key.slice(KEY.length))).filter(Boolean);
    return found.sort((one, other) => other.changed - one.changed);
  } catch {
    return [];
  }
}

function currentId() {
  let id = sessionStorage.getItem(CURRENT);
  if (!id) {
    id = Date.now().toString(36) + Math.random().toString(36).slice(2);
    sessionStorage.setItem(CURRENT, id);
  }
  return id;
}

function keep(written) {
  try {
    if (!written) return sessionStorage.removeItem(CURRENT);
    const id = currentId();
    const turns = JSON.parse(written);
    if (JSON.stringify(read(id)?.turns) === JSON.stringify(turns)) return;
    const chat = JSON.stringify({ changed: Date.now(), turns });
    const others = chats().filter((other) => other.id !== id);
    let room = ROOM - chat.length;
    others.forEach((other, place) => {
      room -= JSON.stringify(other).length;
      if (room < 0 || place >= MOST - 1) localStorage.removeItem(KEY + other.id);
    });
    localStorage.setItem(KEY + id, chat);
  } catch {
    tell("This browser does not keep the chat");
  }
}

async function save(turns, form) {
  const text = await server._saving([JSON.stringify(turns), form]).catch(() => null);
  if (typeof text !== "string") return tell("This cannot be saved");
  const words = turns[0].question.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const link = document.createElement("a");
  const ending = form === "json" ? "json" : "md";
  link.download = `article-qa-${words.join("-").slice(0, 50)}.${ending}`;
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function present() {
  return props.value ? JSON.parse(props.value) : [];
}

function saveHere(turns, form) {
  if (turns.length) save(turns, form);
  else tell("There is nothing to save yet");
}

function said(turn) {
  return turn.answer?.text ?? turn.problem ?? turn.draft ?? "";
}

function textOf(chat) {
  return chat.turns.map((turn) => `${turn.question}\n${said(turn)}`).join("\n");
}

function button(words, label, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", action);
  return made;
}

function open(chat) {
  if (isBusy()) return (dialog.querySelector(".count").textContent = "Stop the answer first");
  sessionStorage.setItem(CURRENT, chat.id);
  dialog.close();
  trigger("reopen", { chat: JSON.stringify(chat.turns) });
}

function forget(chat) {
  localStorage.removeItem(KEY + chat.id);
  if (chat.id === sessionStorage.getItem(CURRENT)) document.getElementById("clear")?.click();
}

function row(chat) {
  const item = document.createElement("li");
  const title = chat.turns[0].question.slice(0, 120);
  const when = new Date(chat.changed).toLocaleString("en-GB", {
    dateStyle: "long",
    timeStyle: "short",
  });
  const count = chat.turns.length === 1 ? "1 question" : `${chat.turns.length} questions`;
  const about = document.createElement("p");
  about.className = "about";
  const isHere = chat.id === sessionStorage.getItem(CURRENT);
  about.textContent = `${when} · ${count}${isHere ? " · open now" : ""}`;
  const tools = document.createElement("p");
  tools.className = "tools";
  tools.append(
    button("Markdown", `Save as Markdown: ${title}`, () => save(chat.turns, "markdown")),
    button("JSON", `Save as JSON: ${title}`, () => save(chat.turns, "json")),
    button("Delete", `Delete: ${title}`, () => {
      forget(chat);
      list();
      search.focus();
    }),
  );
  item.append(button(title, "", () => open(chat)), about, tools);
  return item;
}

function list() {
  const kept = chats();
  const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = kept.filter((chat) => {
    const text = textOf(chat).toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
  rows.replaceChildren(...found.map(row));
  const none = kept.length ? "No chat has these words" : "No chats yet";
  dialog.querySelector(".count").textContent = found.length ? "" : none;
  search.hidden = all.hidden = !kept.length;
  all.textContent = "Delete all";
}

function forgetAll() {
  if (all.textContent === "Delete all") return (all.textContent = "Delete all for good?");
  chats().forEach(forget);
  list();
}

element.querySelector(".past").addEventListener("click", () => {
  search.value = "";
  list();
  dialog.showModal();
});
dialog.querySelector(".close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
search.addEventListener("input", list);
all.addEventListener("click", forgetAll);

document.addEventListener("click", ({ target }) => {
  const one = target.closest("button[data-save]");
  if (one) saveHere(present().slice(one.dataset.turn - 1, one.dataset.turn), one.dataset.save);
  if (target.closest("#save")) saveHere(present(), "markdown");
});

watch("value", () => keep(props.value));
