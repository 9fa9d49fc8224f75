// Says how many width units a title has left: a Chinese character counts 2, an ASCII one 1 (data-limit, default 80).
// data-text holds the sentence with {left} in it; the sentence goes to the element that data-status names.
export default function textWidth(input) {
  const limit = Number(input.dataset.limit ?? 80);
  const status = document.getElementById(input.dataset.status);
  const show = () => {
    let width = 0;
    for (const character of input.value) width += character.codePointAt(0) < 0x80 ? 1 : 2;
    status.textContent = input.dataset.text.replace("{left}", String(limit - width));
    status.classList.toggle("field__error", width > limit);
  };
  input.addEventListener("input", show);
  show();
}
