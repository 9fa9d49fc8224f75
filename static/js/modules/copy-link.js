// Copies data-copy (a text, or an address made absolute) and says so. Without scripts the link leads to what it names.
export default function copyLink(link) {
  link.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const wanted = link.dataset.copy;
    const text = /^[/#?]/.test(wanted) ? new URL(wanted, location.href).href : wanted;
    if (!navigator.clipboard) return; // plain http: follow the link
    event.preventDefault();
    if (link.hash) history.replaceState(null, "", link.hash);
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return;
    }
    let status = link.nextElementSibling;
    if (!status?.matches("[role=status]")) {
      status = document.createElement("span");
      status.setAttribute("role", "status");
      status.className = "badge badge--digest";
      link.after(status);
    }
    status.textContent = link.dataset.done;
    setTimeout(() => status.remove(), 3000);
  });
}
