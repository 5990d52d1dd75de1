// Runs once. `element`, `props`, `server`, `trigger` and `watch` come from Gradio.
// Each chat is stored as JSON under its own key of localStorage. Stored text never becomes markup here.

const KEY = "article-qa.chat.";
const CURRENT = "article-qa.current";
const MAX_CHATS = 50;
const MAX_CHARACTERS = 2_000_000; // of all chats
const dialog = element.querySelector("dialog");
const search = dialog.querySelector("input");
const rows = dialog.querySelector("ul");
const deleteAll = dialog.querySelector(".all");

function notify(text) {
  document.dispatchEvent(new CustomEvent("notify", { detail: text }));
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

// The newest first, without those that cannot be read.
function chats() {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(KEY));
    const readable = keys.map((key) => read(key.slice(KEY.length))).filter(Boolean);
    return readable.sort((first, second) => second.changed - first.changed);
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

function store(json) {
  try {
    if (!json) return sessionStorage.removeItem(CURRENT);
    const id = currentId();
    const turns = JSON.parse(json);
    if (JSON.stringify(read(id)?.turns) === JSON.stringify(turns)) return;
    const chat = JSON.stringify({ changed: Date.now(), turns });
    const others = chats().filter((other) => other.id !== id);
    let free = MAX_CHARACTERS - chat.length;
    others.forEach((other, index) => {
      free -= JSON.stringify(other).length;
      if (free < 0 || index >= MAX_CHATS - 1) localStorage.removeItem(KEY + other.id);
    });
    localStorage.setItem(KEY + id, chat);
  } catch {
    notify("This browser cannot store the chat");
  }
}

async function save(turns, form) {
  const text = await server.export_chat([JSON.stringify(turns), form]).catch(() => null);
  if (typeof text !== "string") return notify("The chat could not be saved");
  const words = turns[0].question.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const link = document.createElement("a");
  const ending = form === "json" ? "json" : "md";
  link.download = `article-qa-${words.join("-").slice(0, 50)}.${ending}`;
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function currentTurns() {
  return props.value ? JSON.parse(props.value) : [];
}

function saveIfAny(turns, form) {
  if (turns.length) save(turns, form);
  else notify("There is nothing to save yet");
}

function replyOf(turn) {
  return turn.answer?.text ?? turn.problem ?? turn.draft ?? "";
}

function textOf(chat) {
  return chat.turns.map((turn) => `${turn.question}\n${replyOf(turn)}`).join("\n");
}

function createButton(text, label, action) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  if (label) button.setAttribute("aria-label", label);
  button.addEventListener("click", action);
  return button;
}

function open(chat) {
  if (isBusy()) return (dialog.querySelector(".count").textContent = "Stop the answer first");
  sessionStorage.setItem(CURRENT, chat.id);
  dialog.close();
  trigger("reopen", { chat: JSON.stringify(chat.turns) });
}

function remove(chat) {
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
  about.textContent = `${when} · ${count}${isHere ? " · current" : ""}`;
  const tools = document.createElement("p");
  tools.className = "tools";
  tools.append(
    createButton("Markdown", `Save as Markdown: ${title}`, () => save(chat.turns, "markdown")),
    createButton("JSON", `Save as JSON: ${title}`, () => save(chat.turns, "json")),
    createButton("Delete", `Delete: ${title}`, () => {
      remove(chat);
      list();
      search.focus();
    }),
  );
  item.append(createButton(title, "", () => open(chat)), about, tools);
  return item;
}

function list() {
  const stored = chats();
  const terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = stored.filter((chat) => {
    const text = textOf(chat).toLowerCase();
    return terms.every((term) => text.includes(term));
  });
  rows.replaceChildren(...matches.map(row));
  const nothing = stored.length ? "No chats match" : "No chats yet";
  dialog.querySelector(".count").textContent = matches.length ? "" : nothing;
  search.hidden = deleteAll.hidden = !stored.length;
  deleteAll.textContent = "Delete all";
}

// The first click asks for confirmation.
function removeAll() {
  if (deleteAll.textContent === "Delete all") return (deleteAll.textContent = "Delete all permanently?");
  chats().forEach(remove);
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
deleteAll.addEventListener("click", removeAll);

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-save]");
  if (button) {
    const { turn, save: form } = button.dataset;
    saveIfAny(currentTurns().slice(turn - 1, turn), form);
  }
  if (target.closest("#save")) saveIfAny(currentTurns(), "markdown");
});

watch("value", () => store(props.value));
