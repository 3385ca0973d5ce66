// The mouse and the keyboard, the look of the page, paper.

const breakAtChosen = () => {
  const box = chosen !== null ? chosen : latest() && latest().box;
  if (box === null || box === undefined) return;
  toggleBreakpoint(box);
  showValue();
};

byId("breakpoint").addEventListener("click", breakAtChosen);
byId("choose").append(...boxes.map((box, place) => new Option(box.dataset.name, place)));
byId("choose").addEventListener("change", (event) => {
  const box = event.target.value === "" ? null : Number(event.target.value);
  choose(box);
  if (box !== null) bringIntoView([box]);
});

drawnGraph.addEventListener("click", (event) => {
  const box = event.target.closest(".box");
  const line = event.target.closest(".line");
  if (box) choose(Number(box.dataset.box));
  if (!line) return;
  const place = steps.findIndex((step) => !step.forward && step.lines.includes(Number(line.dataset.line)));
  if (place >= 0) byHand(() => go(place + 1))();
});

const KEYS = {
  ArrowRight: (event) => (event.shiftKey ? byHand(() => go(nextValue()))() : stepOnce()),
  ArrowLeft: (event) => (event.shiftKey ? byHand(() => go(previousValue()))() : stepBack()),
  Home: byHand(() => go(0)),
  End: byHand(() => go(steps.length)),
  p: play,
  c: goOn,
  b: breakAtChosen,
};

// What a presenter's remote sends. In an exercise it would give answers away to whoever means to scroll.
if (!isExercise) {
  Object.assign(KEYS, { PageDown: stepOnce, PageUp: stepBack, " ": (event) => (event.shiftKey ? stepBack() : stepOnce()) });
}

function moveBetweenBoxes(event, box) {
  const place = Number(box.dataset.box) + (event.key === "ArrowDown" ? 1 : -1);
  if (!boxes[place]) return;
  box.setAttribute("tabindex", "-1");
  boxes[place].setAttribute("tabindex", "0");
  boxes[place].focus();
}

// Of a menu and the slider only the keys that step: the others are theirs. A button is pressed by the space bar.
const STEPPING = ["ArrowRight", "ArrowLeft", "PageDown", "PageUp"];

function belongsToField({ key, target }) {
  if (target === leafSlider) return true;
  if (target.closest("select, input[type=range]")) return !STEPPING.includes(key);
  return Boolean(target.closest("input") || (key === " " && target.closest("button")));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || belongsToField(event)) return;
  const box = event.target.closest(".box");
  if (box && (event.key === "Enter" || event.key === " ")) {
    choose(Number(box.dataset.box));
  } else if (box && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    moveBetweenBoxes(event, box);
  } else if (KEYS[event.key]) {
    KEYS[event.key](event);
  } else {
    return;
  }
  event.preventDefault();
});

// What was pressed with the mouse gives the keys back.
document.addEventListener("click", (event) => {
  if (event.detail && event.target.closest("button")) document.activeElement.blur();
});
for (const menu of document.querySelectorAll("select")) {
  let byMouse = false;
  menu.addEventListener("pointerdown", () => (byMouse = true));
  menu.addEventListener("keydown", () => (byMouse = false));
  menu.addEventListener("change", () => byMouse && menu.blur());
}

// ---- look

const zoomBy = (factor) => () => {
  fitted = false;
  setZoom(zoom * factor);
};
byId("larger").addEventListener("click", zoomBy(1.25));
byId("smaller").addEventListener("click", zoomBy(0.8));
byId("fit").addEventListener("click", () => fit(false));
new ResizeObserver(() => fitted && fit(true)).observe(drawing);

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme || (prefersDark.matches ? "dark" : "light")) === "dark";
const nameTheme = () => {
  byId("theme").textContent = isDark() ? "Light" : "Dark";
  for (const follow of afterwards) follow();
};
byId("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  nameTheme();
});
prefersDark.addEventListener("change", nameTheme);

// ---- paper shows the end; an exercise shows what its reader has revealed

let beforePaper = null;
addEventListener("beforeprint", () => {
  beforePaper = position;
  if (!isExercise) walkTo(steps.length);
  mark(null);
});
addEventListener("afterprint", () => {
  if (beforePaper !== null) go(beforePaper);
  beforePaper = null;
});
byId("print").addEventListener("click", () => window.print());

// ---- the start

walkTo(isExercise ? forwardCount : 0);
drawAll();
show();
showLeaf();
nameTheme();
fit(true);
readLink();
