// Runs once; `element` and `trigger` are Gradio's. A button's name is the opinion, its value the turn
// and, of a citation, its number: all that is sent beside the reason. The server has the answer.

const dialog = element.querySelector("dialog");
const [title, quote, why] = ["h2", "blockquote", "textarea"].map((each) => dialog.querySelector(each));
let said = null;

function judge(button) {
  const [turn, number] = button.value.split("-").map(Number);
  said = { opinion: button.name, turn, number: number || null, reason: "" };
  if (said.opinion === "good") return trigger("judge", said);
  title.textContent = number ? `What is wrong with citation ${number}?` : "What is wrong with this answer?";
  quote.textContent = button.closest(".card")?.querySelector("blockquote").dataset.quote ?? "";
  why.value = "";
  dialog.showModal();
  why.focus();
}

function send() {
  dialog.close();
  trigger("judge", { ...said, reason: why.value });
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
