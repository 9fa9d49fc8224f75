// Sends a form once its page is looked at: the notices on it have been read. Without scripts its button does.
export default function markRead(form) {
  const send = () => {
    if (document.visibilityState !== "visible") return;
    document.removeEventListener("visibilitychange", send);
    fetch(form.action, { method: "POST", body: new FormData(form), credentials: "same-origin", redirect: "manual" });
  };
  document.addEventListener("visibilitychange", send);
  send();
}
