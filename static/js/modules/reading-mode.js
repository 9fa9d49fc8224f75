// Opens the opening post alone in a dialog. data-title and data-text name the elements; the link leads to ?reading=1.
export default function readingMode(link) {
  let dialog;
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || !window.HTMLDialogElement) return;
    event.preventDefault();
    dialog ??= build(link);
    dialog.showModal();
  });
}

function build(link) {
  const dialog = document.createElement("dialog");
  dialog.className = "reading";
  const head = make("div", "reading__head", dialog);
  const title = make("h2", "reading__title", head);
  title.id = "reading-title";
  title.textContent = document.querySelector(link.dataset.title).textContent.trim();
  dialog.setAttribute("aria-labelledby", title.id);
  const close = make("button", "button button--small", head);
  close.textContent = link.dataset.close;
  close.addEventListener("click", () => dialog.close());
  const body = make("div", "reading__body markup", dialog);
  for (const child of document.querySelector(link.dataset.text).childNodes) body.append(child.cloneNode(true));
  for (const element of body.querySelectorAll("[id]")) element.removeAttribute("id");
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  return dialog;
}

function make(name, className, parent) {
  const element = document.createElement(name);
  element.className = className;
  parent.append(element);
  return element;
}
