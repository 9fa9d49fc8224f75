// The moderators' bar of a list: counts what is ticked, ticks all, and floats only while something is ticked.
export default function bulkBar(bar) {
  const form = bar.closest("form");
  // boxes may stand outside and name their form: a thread page has other forms around them
  const names = bar.dataset.boxes.split(" ");
  const boxes = [...form.elements].filter((box) => box.matches("input[type=checkbox]:not(:disabled)") && names.includes(box.name));
  const counts = bar.querySelectorAll("[data-count]");
  const all = bar.querySelector("[data-all]");
  const show = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    for (const count of counts) {
      const name = count.dataset.count;
      count.textContent = name ? boxes.filter((box) => box.checked && box.name === name).length : ticked;
    }
    if (all) {
      all.checked = ticked > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
    bar.classList.toggle("mod-bar--float", ticked > 0);
    for (const box of boxes) box.closest("tr")?.classList.toggle("thread-list__row--picked", box.checked);
  };
  document.addEventListener("change", (event) => {
    if (event.target.form !== form) return;
    if (event.target === all) for (const box of boxes) box.checked = all.checked;
    show();
  });
  if (all) all.closest("label").hidden = false;
  // without scripts nothing counts, and a 0 would be wrong
  for (const count of counts) count.parentElement.hidden = false;
  show();
}
