// Ctrl+Enter (Cmd+Enter on a Mac) sends the form the element stands in, with its own checks.
export default function ctrlEnter(element) {
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    const form = element.closest("form");
    form.requestSubmit(form.querySelector("button:not([type=button]):not([name=preview])"));
  });
}
