// Runs once, when the sources are on the page; `element` and `server` are Gradio's.
const list = () => element.querySelector(".list");
const reader = () => element.querySelector(".reader");
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
let opener = null;

function tell(words) {
  const line = element.querySelector(".told");
  line.textContent = words;
  setTimeout(() => { if (line.textContent === words) line.textContent = ""; }, 2000);
}

function close() {
  if (reader().hidden) return;
  reader().hidden = true;
  reader().replaceChildren();
  list().hidden = false;
  opener?.focus();
  opener = null;
}

function show(id) {
  const target = document.getElementById(id);
  const turn = target?.closest(".turn");
  if (!turn) return;
  opener = null;
  close();
  for (const other of list().querySelectorAll(".turn")) other.classList.toggle("current", other === turn);
  for (const card of list().querySelectorAll(".called")) card.classList.remove("called");
  target.classList.add("called");
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
}

async function open(button) {
  const { article, start, end } = button.dataset;
  const quote = button.closest(".card")?.querySelector("mark")?.textContent ?? "";
  const html = await server.open_article([article, start, end, quote]);
  opener = button;
  list().hidden = true;
  reader().innerHTML = '<button type="button" class="back">Back</button>' + html;
  reader().hidden = false;
  reader().focus({ preventScroll: true });
  (reader().querySelector("mark") ?? reader()).scrollIntoView({ block: "center" });
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("a.cite, button.open, button.back, #copy, #clear");
  if (!target) return;
  if (target.matches("a.cite")) { event.preventDefault(); show(target.hash.slice(1)); }
  else if (target.matches("button.open")) open(target);
  else if (target.matches("button.back")) close();
});
document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
