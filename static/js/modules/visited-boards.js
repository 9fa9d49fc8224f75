// 浏览过的版块: the last ten boards opened in this browser. The element stays hidden until there is something to show;
// on a board page it also carries data-board-id, data-board-name and data-board-url.
const KEY = "visited-boards";
const KEPT = 10;

export default function visitedBoards(holder) {
  const boards = read();
  const { boardId: id, boardName: name, boardUrl: url } = holder.dataset;
  const list = holder.querySelector("ul");
  for (const board of boards.filter((one) => one.id !== id)) {
    const link = document.createElement("a");
    link.className = "side-menu__link";
    link.href = board.url;
    link.textContent = board.name;
    if (link.origin !== location.origin) continue;
    const item = document.createElement("li");
    item.append(link);
    list.append(item);
  }
  holder.hidden = !list.children.length;
  if (!id) return;
  const kept = [{ id, name, url }, ...boards.filter((one) => one.id !== id)].slice(0, KEPT);
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // a browser without storage shows no list
  }
}

function read() {
  try {
    const boards = JSON.parse(localStorage.getItem(KEY));
    return Array.isArray(boards) ? boards : [];
  } catch {
    return [];
  }
}
