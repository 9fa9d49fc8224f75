// The editor's toolbar: wraps the selection in BBCode and fetches the server's own preview.
export default function editorToolbar(editor) {
  const text = editor.querySelector("textarea");
  const bar = editor.querySelector(".editor__bar");
  bar.hidden = false;
  bar.addEventListener("click", (event) => {
    const tool = event.target.closest("button");
    if (tool?.dataset.open) wrap(text, tool.dataset.open, tool.dataset.close);
    else if (tool) togglePreview(editor, text, tool);
  });
}

function wrap(text, open, close) {
  const { selectionStart: start, selectionEnd: end } = text;
  const selected = text.value.slice(start, end);
  text.focus();
  // execCommand keeps the browser's own undo; setRangeText is the fallback
  if (!document.execCommand("insertText", false, open + selected + close)) {
    text.setRangeText(open + selected + close, start, end, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }
  text.setSelectionRange(start + open.length, start + open.length + selected.length);
}

async function togglePreview(editor, text, tool) {
  const area = editor.querySelector("[data-preview-area]");
  if (!area.hidden) {
    area.hidden = true;
    tool.setAttribute("aria-expanded", "false");
    return;
  }
  const body = new FormData();
  const token = text.form.querySelector("input[name=csrf_token]");
  if (token) body.append(token.name, token.value);
  body.append(text.name, text.value);
  tool.disabled = true;
  try {
    const answer = await fetch(editor.dataset.previewUrl, { method: "POST", body, credentials: "same-origin" });
    // parsed apart and moved over as nodes: the server has cleaned it, and scripts in it never run
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const shown = page.querySelector("[data-preview]");
    if (!answer.ok || !shown) return;
    area.replaceChildren(shown);
    area.hidden = false;
    tool.setAttribute("aria-expanded", "true");
  } finally {
    tool.disabled = false;
  }
}
