// Puts the quoted post into the reply box of this page. data-source gives the quote's BBCode as text, data-editor the id
// of the textarea. Without scripts, without that box, or on any failure the link opens the reply page.
export default function quoteReply(link) {
  link.addEventListener("click", async (event) => {
    const text = document.getElementById(link.dataset.editor);
    if (!text || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      const answer = await fetch(link.dataset.source, { credentials: "same-origin" });
      if (!answer.ok || !answer.headers.get("content-type")?.startsWith("text/plain")) throw new Error("no quote");
      const quote = `${await answer.text()}\n`;
      text.value = text.value ? `${text.value.trimEnd()}\n${quote}` : quote;
    } catch {
      location.href = link.href;
      return;
    }
    const hidden = text.form.querySelector("input[name=quoted_post_id]");
    if (hidden && link.dataset.postId) hidden.value = link.dataset.postId;
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
    text.setSelectionRange(text.value.length, text.value.length);
    text.scrollIntoView({ block: "center" });
  });
}
