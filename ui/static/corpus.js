// Runs once, when the corpus is on the page. `element`, `trigger`, `server` and `upload` come from
// Gradio. The server escapes the HTML it sends (ui/templates); no other text becomes markup here.

const catalogue = element.querySelector(".catalogue");
const find = (selector) => catalogue.querySelector(selector);
const [table, body, more, count, nothing] = ["table", "tbody", ".more", ".count", ".nothing"].map(find);
const [filter, picker, drop, addresses] = [".filter", ".drop input", ".drop", "#addresses"].map(find);
const [desk, reader, dialog, chart] = [".desk", ".reading", "dialog", ".timeline"].map(find);
const kinds = catalogue.dataset.kinds.split(",");
const largest = Number(catalogue.dataset.largest);
const FAST = 700; // milliseconds between two polls while an ingest is running
const SLOW = 5000;
const NO_RESPONSE = { problem: '<p class="problem">The server does not respond. Is it still running?</p>' };

let order = "date";
let descending = true;
let listed = 0;
let latest = 0; // request for the list: a response to an earlier one is ignored
let version = null; // of the library, as this page shows it
let watching = false; // an ingest that this page has seen running
let opener = null;
let timer = null;

/** Returns the reply of a function on the server, or NO_RESPONSE. */
async function call(name, request = null) {
  return (await server[name](request).catch(() => null)) ?? NO_RESPONSE;
}

async function list(first = 0) {
  const number = ++latest;
  const reply = await call("list_articles", { words: filter.value, order, descending, first });
  if (number !== latest) return;
  if (reply.problem) return show(reply.problem);
  if (first === 0) body.replaceChildren();
  body.insertAdjacentHTML("beforeend", reply.rows);
  listed = body.rows.length;
  count.textContent = reply.count;
  nothing.innerHTML = reply.nothing;
  table.hidden = listed === 0;
  filter.hidden = Boolean(reply.nothing);
  more.hidden = reply.more === 0;
  for (const button of table.querySelectorAll("[data-order]")) {
    const direction = descending ? "descending" : "ascending";
    button.parentElement.ariaSort = button.dataset.order === order ? direction : "none";
  }
}

async function refresh() {
  const timeline = call("draw_timeline");
  await list();
  chart.innerHTML = (await timeline).html ?? "";
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

async function read(id) {
  const reply = await call("read_article", id);
  opener = id;
  reader.innerHTML = reply.html ?? reply.problem;
  const button = (className, textContent) =>
    Object.assign(document.createElement("button"), { type: "button", className, textContent });
  reader.prepend(button("close", "Back"));
  reader.querySelector("header")?.append(button("correct", "Correct details"));
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
  const reply = await call("ask_removal", button.dataset.remove);
  if (!reply.html) return show(reply.problem);
  dialog.innerHTML = reply.html;
  dialog.showModal();
}

async function remove(button) {
  const row = body.querySelector(`[data-remove="${CSS.escape(button.dataset.confirm)}"]`)?.closest("tr");
  const index = row ? row.rowIndex - 1 : 0;
  button.disabled = true;
  const reply = await call("remove_article", button.dataset.confirm);
  dialog.close();
  if (reply.problem) return show(reply.problem);
  await changed(reply.version);
  count.textContent = `Removed. ${count.textContent}`;
  const next = body.rows[Math.min(index, body.rows.length - 1)];
  (next?.querySelector("button") ?? picker).focus();
}

async function askCorrection() {
  const reply = await call("ask_correction", opener);
  if (!reply.html) return show(reply.problem);
  dialog.innerHTML = reply.html;
  dialog.showModal();
}

async function correct(form) {
  const article = form.dataset.article;
  const reply = await call("correct_article", { article, ...Object.fromEntries(new FormData(form)) });
  if (reply.problem) {
    form.querySelector(".refused").innerHTML = reply.problem;
    return;
  }
  dialog.close();
  await changed(reply.version);
  await read(article);
}

function show(html) {
  for (const place of document.querySelectorAll(".progress")) {
    if (place.innerHTML !== html) place.innerHTML = html;
  }
}

async function add(files) {
  const uploads = [];
  for (const [number, file] of files.entries()) {
    show(`<p>Uploading ${number + 1} of ${files.length}…</p><progress max="${files.length}" value="${number}"></progress>`);
    uploads.push({ name: file.name, size: file.size, path: await uploaded(file) });
  }
  const reply = await call("add", { files: uploads, addresses: files.length ? "" : addresses.value });
  if (!reply.problem && !files.length) addresses.value = "";
  begin(reply);
}

/** Uploads a file and returns its path on the server; null for one that it would refuse anyway. */
async function uploaded(file) {
  const suffix = file.name.slice(file.name.lastIndexOf(".")).toLowerCase();
  if (!kinds.includes(suffix) || file.size > largest) return null;
  return upload(file).then((received) => received.path, () => null);
}

async function addSamples() {
  begin(await call("add_samples"));
}

function begin(state) {
  if (state.problem) return show(state.problem);
  watching = true;
  poll(state);
}

/** Shows the progress of an ingest, and its result if this page has seen it running. */
async function poll(state) {
  clearTimeout(timer);
  const isShown = [...document.querySelectorAll(".progress")].some((place) => place.parentElement.offsetParent);
  if (!state && document.hidden) return pollAgain(SLOW);
  if (!state && !isShown && !watching) return pollAgain(SLOW);
  state ??= await call("status");
  if (state.problem) return pollAgain(SLOW);
  const isBusy = state.running || state.busy;
  if (isBusy || watching) show(state.html);
  watching = isBusy;
  if (version === null) version = state.version;
  if (version !== state.version) await changed(state.version);
  pollAgain(isBusy ? FAST : SLOW);
}

function pollAgain(pause) {
  clearTimeout(timer);
  timer = setTimeout(poll, pause);
}

/** Updates the page after the library has changed. */
async function changed(current) {
  version = current;
  trigger("input"); // updates the rest of the page
  await refresh();
}

function openCorpus() {
  document.getElementById("corpus-tab-button").click();
  picker.focus();
}

const actions = {
  "[data-order]": sort,
  "[data-read]": (button) => read(button.dataset.read),
  "[data-remove]": askRemoval,
  "[data-confirm]": remove,
  "[data-keep]": () => dialog.close(),
  ".close": close,
  ".correct": askCorrection,
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

dialog.addEventListener("submit", (event) => {
  event.preventDefault();
  correct(event.target);
});

for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  catalogue.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragenter" || kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) add([...event.dataTransfer.files]);
  });
}

// The list is loaded when it first becomes visible.
const visibility = new IntersectionObserver((entries) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  visibility.disconnect();
  refresh();
  poll();
});
visibility.observe(catalogue);
poll();
