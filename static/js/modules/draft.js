// Keeps what is typed in an editor until it has been sent (data-draft-key). Whether a sent text arrived is read from the
// navigation itself: the server answers a good POST with a redirect, and a refused one with the form and the text in it.
const PREFIX = "draft:";
const DAYS_KEPT = 30;

sweep();

export default function draft(editor) {
  const key = editor.dataset.draftKey;
  if (!key) return; // on <body> the module only sweeps
  const text = editor.querySelector("textarea");
  const kept = load(key);
  if (!text.value.trim() && kept?.text) {
    text.value = kept.text;
    editor.querySelector("[role=status]").textContent = editor.dataset.draftRestored;
  }
  let timer;
  const save = () => (text.value.trim() ? store(key, { text: text.value, at: Date.now() }) : drop(key));
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, 800);
  });
  text.form.addEventListener("submit", () => {
    clearTimeout(timer);
    save();
    session("draft-sent", key);
  });
}

function sweep() {
  const sent = session("draft-sent");
  const arrival = performance.getEntriesByType("navigation")[0];
  if (sent && arrival?.type === "navigate") {
    if (arrival.redirectCount > 0) drop(sent);
    session("draft-sent", null);
  }
  const oldest = Date.now() - DAYS_KEPT * 86400e3;
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(PREFIX) && !(load(name.slice(PREFIX.length))?.at > oldest)) localStorage.removeItem(name);
  }
}

function session(name, value) {
  if (value === undefined) return sessionStorage.getItem(name);
  return value === null ? sessionStorage.removeItem(name) : sessionStorage.setItem(name, value);
}

function load(key) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key));
  } catch {
    return null;
  }
}

function store(key, value) {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // full or forbidden: typing goes on without a draft
  }
}

function drop(key) {
  localStorage.removeItem(PREFIX + key);
}
