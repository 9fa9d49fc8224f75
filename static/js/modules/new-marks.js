// A guest's own New marks. Rows carry data-last-post-at (and data-board-id, unless the list does); the time of the last
// visit to each board stays in this browser. A board never visited is all new, as members of Discuz know it.
const KEY = "board-visits";

export default function newMarks(list) {
  const visits = read();
  for (const row of list.querySelectorAll("[data-last-post-at]")) {
    const seen = visits[row.dataset.boardId ?? list.dataset.boardId];
    if (seen && Date.parse(row.dataset.lastPostAt) <= seen) continue;
    row.querySelector("[data-new-badge]")?.removeAttribute("hidden");
    row.querySelector(".board-list__icon")?.classList.add("board-list__icon--new");
  }
  if (list.dataset.boardId) {
    visits[list.dataset.boardId] = Date.now();
    write(visits);
  }
}

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

function write(visits) {
  const newest = Object.entries(visits).sort((a, b) => b[1] - a[1]).slice(0, 200);
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(newest)));
  } catch {
    // a browser without storage has no marks of its own
  }
}
