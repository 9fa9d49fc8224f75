// Asks data-question before a form is sent. Without scripts the server's own confirmation page asks.
export default function confirmFirst(form) {
  form.addEventListener("submit", (event) => {
    if (!window.confirm(form.dataset.question)) event.preventDefault();
  });
}
