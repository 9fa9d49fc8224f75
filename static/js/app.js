// Mounts the modules that elements ask for: data-module="copy-link draft". Names outside this list are ignored,
// so nothing a member writes can load a script.
const NAMES = new Set([
  "arrow-keys", "bulk-bar", "confirm", "copy-link", "ctrl-enter", "disclosure", "draft", "editor-toolbar",
  "mark-read", "new-marks", "quote-reply", "reading-mode", "text-width", "visited-boards",
]);

for (const element of document.querySelectorAll("[data-module]")) {
  for (const name of element.dataset.module.split(" ")) {
    if (NAMES.has(name)) import(`./modules/${name}.js`).then((module) => module.default(element));
  }
}
