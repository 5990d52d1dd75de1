// Runs once. `element` and `trigger` come from Gradio.
// A button's name is the opinion; its value is the turn and, for a citation, its number. The server
// has the answer itself, so that nothing else is sent but the reason.

const dialog = element.querySelector("dialog");
const [title, quote, why] = ["h2", "blockquote", "textarea"].map((selector) => dialog.querySelector(selector));
let rating = null;

function judge(button) {
  const [turn, number] = button.value.split("-").map(Number);
  rating = { opinion: button.name, turn, number: number || null, reason: "" };
  if (rating.opinion === "good") return trigger("judge", rating);
  title.textContent = number ? `What is wrong with citation ${number}?` : "What is wrong with this answer?";
  quote.textContent = button.closest(".card")?.querySelector("blockquote").dataset.quote ?? "";
  why.value = "";
  dialog.showModal();
  why.focus();
}

function send() {
  dialog.close();
  trigger("judge", { ...rating, reason: why.value });
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button.judge");
  if (button) judge(button);
});
dialog.querySelector(".primary").addEventListener("click", send);
dialog.querySelector(".cancel").addEventListener("click", () => dialog.close());
why.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
});
