// Runs once, when the corpus is on the page; `element`, `trigger`, `server` and `upload` are
// Gradio's. What the server sends is escaped there (ui/shelf.py); here no text is made into markup.

const catalogue = element.querySelector(".catalogue");
const find = (selector) => catalogue.querySelector(selector);
const [table, body, more, count, nothing] = ["table", "tbody", ".more", ".count", ".nothing"].map(find);
const [filter, picker, drop, addresses] = [".filter", ".drop input", ".drop", "#addresses"].map(find);
const [desk, reader, dialog, picture] = [".desk", ".reading", "dialog", ".timeline"].map(find);
const kinds = catalogue.dataset.kinds.split(",");
const largest = Number(catalogue.dataset.largest);
const QUICK = 700; // milliseconds between two looks while something is going on
const SLOW = 5000;
const GONE = { problem: '<p class="problem">Nothing answers; is the window still running?</p>' };

let order = "date";
let descending = true;
let listed = 0;
let latest = 0; // the list that was asked for last: an earlier one that comes late is dropped
let generation = null; // of the library, as this page shows it
let watching = false; // an ingest that this page has seen running
let opener = null;
let timer = null;

/** What a function on the server returns; GONE where no server answers. */
async function call(name, wanted = null) {
  return (await server[name](wanted).catch(() => null)) ?? GONE;
}

async function list(first = 0) {
  const request = ++latest;
  const wanted = { words: filter.value, order, descending, first };
  const found = await call("list_articles", wanted);
  if (request !== latest) return;
  if (found.problem) return show(found.problem);
  if (first === 0) body.replaceChildren();
  body.insertAdjacentHTML("beforeend", found.rows);
  listed = body.rows.length;
  count.textContent = found.count;
  nothing.innerHTML = found.nothing;
  table.hidden = listed === 0;
  filter.hidden = Boolean(found.nothing);
  more.hidden = found.more === 0;
  for (const button of table.querySelectorAll("[data-order]")) {
    const direction = descending ? "descending" : "ascending";
    button.parentElement.ariaSort = button.dataset.order === order ? direction : "none";
  }
}

async function refresh() {
  const drawn = call("draw_timeline");
  await list();
  picture.innerHTML = (await drawn).html ?? "";
}

function sort(button) {
  const same = order === button.dataset.order;
  order = button.dataset.order;
  descending = same ? !descending : !["title", "source"].includes(order);
  list();
}

async function showMore() {
  const next = listed;
  await list(next);
  body.rows[next]?.querySelector("button").focus();
}

async function read(button) {
  const found = await call("read_article", button.dataset.read);
  opener = button.dataset.read;
  reader.innerHTML = found.html ?? found.problem;
  const back = document.createElement("button");
  Object.assign(back, { type: "button", className: "close", textContent: "Back" });
  reader.prepend(back);
  reader.hidden = false;
  desk.hidden = true;
  reader.focus({ preventScroll: true });
  reader.parentElement.scrollTop = reader.scrollTop = 0;
}

function close() {
  if (reader.hidden) return;
  reader.hidden = true;
  reader.replaceChildren();
  desk.hidden = false;
  body.querySelector(`[data-read="${CSS.escape(opener)}"]`)?.focus();
}

async function askRemoval(button) {
  const found = await call("ask_removal", button.dataset.remove);
  if (!found.html) return show(found.problem);
  dialog.innerHTML = found.html;
  dialog.showModal();
}

async function remove(button) {
  const row = body.querySelector(`[data-remove="${CSS.escape(button.dataset.confirm)}"]`)?.closest("tr");
  const place = row ? row.rowIndex - 1 : 0;
  button.disabled = true;
  const done = await call("remove_article", button.dataset.confirm);
  dialog.close();
  if (done.problem) return show(done.problem);
  await changed(done.generation);
  count.textContent = `Removed. ${count.textContent}`;
  const after = body.rows[Math.min(place, body.rows.length - 1)];
  (after?.querySelector("button") ?? picker).focus();
}

function show(html) {
  for (const each of document.querySelectorAll(".progress")) {
    if (each.innerHTML !== html) each.innerHTML = html;
  }
}

async function add(files) {
  const handed = [];
  for (const [number, file] of files.entries()) {
    show(`<p>Transferring ${number + 1} of ${files.length}…</p><progress max="${files.length}" value="${number}"></progress>`);
    handed.push({ name: file.name, size: file.size, path: await transferred(file) });
  }
  const begun = await call("add", { files: handed, addresses: files.length ? "" : addresses.value });
  if (!begun.problem && !files.length) addresses.value = "";
  begin(begun);
}

/** Where the server has put a file; nothing for one that it would not read anyway. */
async function transferred(file) {
  const suffix = file.name.slice(file.name.lastIndexOf(".")).toLowerCase();
  if (!kinds.includes(suffix) || file.size > largest) return null;
  return upload(file).then((found) => found.path, () => null);
}

async function addSamples() {
  begin(await call("add_samples"));
}

function begin(state) {
  if (state.problem) return show(state.problem);
  watching = true;
  look(state);
}

/** Show how an ingest goes, and what it did in the end if this page has seen it running. */
async function look(state) {
  clearTimeout(timer);
  const isShown = [...document.querySelectorAll(".progress")].some((each) => each.parentElement.offsetParent);
  if (!state && document.hidden) return again(SLOW);
  if (!state && !isShown && !watching) return again(SLOW);
  state ??= await call("look");
  if (state.problem) return again(SLOW);
  const isBusy = state.running || state.busy;
  if (isBusy || watching) show(state.html);
  watching = isBusy;
  if (generation === null) generation = state.generation;
  if (generation !== state.generation) await changed(state.generation);
  again(isBusy ? QUICK : SLOW);
}

function again(pause) {
  clearTimeout(timer);
  timer = setTimeout(look, pause);
}

/** Other articles are in the library than this page shows. */
async function changed(now) {
  generation = now;
  trigger("input"); // what else is on the page follows
  await refresh();
}

function openCorpus() {
  document.getElementById("corpus-tab-button").click();
  picker.focus();
}

const actions = {
  "[data-order]": sort,
  "[data-read]": read,
  "[data-remove]": askRemoval,
  "[data-confirm]": remove,
  "[data-keep]": () => dialog.close(),
  ".close": close,
  ".more": showMore,
};

catalogue.addEventListener("click", (event) => {
  for (const [selector, action] of Object.entries(actions)) {
    const target = event.target.closest(selector);
    if (target) action(target);
  }
});

catalogue.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !dialog.open) close();
});

document.addEventListener("click", (event) => {
  if (event.target.closest(".samples")) addSamples();
  else if (event.target.closest(".to-corpus")) openCorpus();
});

let pause = null;
filter.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(list, 150);
});

picker.addEventListener("change", async () => {
  const files = [...picker.files];
  picker.value = "";
  if (files.length) await add(files);
});

find("form").addEventListener("submit", (event) => {
  event.preventDefault();
  add([]);
});

for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  catalogue.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragenter" || kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) add([...event.dataTransfer.files]);
  });
}

// The list is asked for when somebody first looks at it.
const sight = new IntersectionObserver((seen) => {
  if (!seen.some((each) => each.isIntersecting)) return;
  sight.disconnect();
  refresh();
  look();
});
sight.observe(catalogue);
look();
