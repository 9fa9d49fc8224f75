// Turns pages with the left and right arrow keys, but never while somebody types or scrolls sideways.
export default function arrowKeys(pager) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest("input, textarea, select, summary, dialog, [contenteditable], [role=toolbar]")) return;
    const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    if (rel) pager.querySelector(`a[rel=${rel}]`)?.click();
  });
}
