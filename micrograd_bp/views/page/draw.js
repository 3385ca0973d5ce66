// The drawing: what stands on boxes and lines, what of it is seen, and what is marked.

const drawnGraph = byId("graph");
const drawing = byId("drawing");
const boxes = [...drawnGraph.querySelectorAll(".box")];
const lines = [...drawnGraph.querySelectorAll(".line")];
const isExercise = DATA.hidden.length > 0;

// The numbers that are shown, those of the file, and those of the reader.
const before = told(graph.leaves);
let live = before;
let now = before;

// What of a box and a line can change, and what stands there, so that only what differs is written.
const parts = boxes.map((box) => {
  const one = (selector) => box.querySelector(selector);
  return { data: one(".data"), gradient: one(".gradient"), remark: one(".remark"), written: {} };
});

// How many steps have been taken.
let position = 0;
const shown = before.startOn.slice();
const nReceived = new Int32Array(nBoxes);
const isComputed = new Uint8Array(nBoxes).fill(1);
const hasCome = new Uint8Array(lines.length);
for (const step of steps) if (step.forward) isComputed[step.box] = 0;
const isAsked = new Uint8Array(nBoxes);
if (isExercise) for (const step of steps) if (!step.forward) for (const box of step.receivers) isAsked[box] = 1;

function write(box, what, text) {
  const { written, [what]: element } = parts[box];
  if (!element || written[what] === text) return;
  written[what] = text;
  element.textContent = text;
  element.classList.toggle("tight", text.length > 8);
}

function give(element, written, classes) {
  const text = classes.filter(Boolean).join(" ");
  if (written.classes === text) return;
  written.classes = text;
  element.setAttribute("class", text);
}

// The classes of the boxes at the step that has just been taken.
const marks = new Map();
let chosen = null;

// ---- a box, a line

const dataOf = (box, { values }) => {
  const [value, ...others] = byValue ? membersOf(box) : isMean(box) ? DATA.outputs[box] : membersOf(box);
  return others.length ? NaN : values[value];
};
const gradientText = (box) => (isAsked[box] && !nReceived[box] ? "?" : number(shown[box]));
const dataText = (box) => (isComputed[box] ? number(dataOf(box, now)) : "–");

const BOX_KINDS = { [SATURATED]: "saturated", [OFF]: "dead-end", [OPEN]: "" };
const hidesLocal = DATA.hidden.includes("local derivatives");

function drawBox(box) {
  const { written } = parts[box];
  if (!far[box]) drawWords(box);
  const members = membersOf(box);
  const isBroken = !Number.isFinite(shown[box]) || !members.every((value) => Number.isFinite(now.values[value]));
  const isMoved = live !== before && !Object.is(dataOf(box, live), dataOf(box, before));
  const isChanged = members.some((value) => isLeaf(value) && !Object.is(live.leaves[value], before.leaves[value]));
  give(boxes[box], written, ["box", boxes[box].dataset.kind, written.kind, isBroken && "broken", far[box] && "far",
    !isComputed[box] && "waiting", isChanged && "changed", isMoved && "moved", marks.get(box), box === chosen && "chosen"]);
}

function drawWords(box) {
  write(box, "data", dataText(box));
  write(box, "gradient", gradientText(box));
  const { kind, words } = hidesLocal ? { kind: OPEN, words: "" } : remarkOf(box, now);
  if (words && !parts[box].remark) parts[box].remark = placeBelow(box);
  write(box, "remark", words);
  parts[box].written.kind = BOX_KINDS[kind];
}

// For words that the layout had no place for.
function placeBelow(box) {
  const shape = boxes[box].querySelector(".shape");
  const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
  text.setAttribute("class", "remark below");
  text.setAttribute("x", Number(shape.getAttribute("width")) / 2);
  text.setAttribute("y", Number(shape.getAttribute("height")) + 9);
  boxes[box].append(text);
  return text;
}

const THINNEST = 0.5, SMALLEST_SHARE = 1e-6, STEEPNESS = 0.4;
const signOf = (x) => (!Number.isFinite(x) ? "not-finite" : x ? (x < 0 ? "negative" : "positive") : "nothing");

function widthOf(contribution) {
  if (!Number.isFinite(contribution)) return DATA.thickest;
  if (contribution === 0) return 1;
  const part = Math.min(Math.max(Math.abs(contribution) / now.largest, SMALLEST_SHARE), 1);
  return Math.round(100 * (THINNEST + (DATA.thickest - THINNEST) * part ** STEEPNESS)) / 100;
}

const writtenOnLines = lines.map(() => ({}));
const labels = lines.map((line) => line.querySelector("text"));

function drawLine(line) {
  if (farLines[line]) return;
  const element = lines[line], written = writtenOnLines[line];
  const sign = signOf(now.onLines[line]);
  const width = String(widthOf(now.onLines[line]));
  if (written.width !== width) element.setAttribute("stroke-width", (written.width = width));
  if (sign === "not-finite" && element.firstElementChild && !element.querySelector(".core")) {
    const core = element.firstElementChild.cloneNode();
    core.setAttribute("class", "core");
    element.firstElementChild.after(core);
  }
  const isAhead = !isComputed[boxOf[edges[edgesOfLine[line][0]].node]];
  give(element, written, ["line", sign, !hasCome[line] && "waiting", isAhead && "not-computed"]);
  if (labels[line] && byValue) {
    const { node, position } = edges[edgesOfLine[line][0]];
    const text = `×${number(now.local[node][position])}`;
    if (written.label !== text) labels[line].textContent = written.label = text;
  }
}

function showLegend() {
  const seen = new Set([...parts.map(({ written }) => written.kind), ...[...now.onLines].map(signOf)]);
  for (const item of document.querySelectorAll(".legend [data-of]")) {
    if (["saturated", "dead-end", "positive", "negative", "nothing", "not-finite"].includes(item.dataset.of)) {
      item.hidden = !seen.has(item.dataset.of);
    }
  }
}

// ---- size of the drawing, and what of it is seen

const { width: graphWidth, height: graphHeight } = drawnGraph.viewBox.baseVal;
const SMALLEST_THAT_IS_READ = 0.95, SMALLEST_THAT_IS_SEEN = 0.2, LARGEST = 8;
let zoom = 1;
let fitted = true;

const places = boxes.map((box) => {
  const { e: x, f: y } = box.transform.baseVal.getItem(0).matrix;
  const shape = box.querySelector(".shape");
  return { x, y, right: x + Number(shape.getAttribute("width")), bottom: y + Number(shape.getAttribute("height")) };
});

// Thousands of texts cost a browser more than all the rest, so those far from what is seen are left out, and nothing
// there is drawn until it comes near. A box is called by its name all the same.
const MANY = 300;
const far = new Uint8Array(boxes.length), farLines = new Uint8Array(lines.length);
const spans = edgesOfLine.map(([edge]) => {
  const [a, b] = [edges[edge].node, edges[edge].operand].map((value) => places[boxOf[value]]);
  const [right, bottom] = [Math.max(a.right, b.right), Math.max(a.bottom, b.bottom)];
  return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), right, bottom };
});
let waitingForFrame = false;

function leaveOutWhatIsFar() {
  waitingForFrame = false;
  const { scrollLeft, scrollTop, clientWidth, clientHeight } = drawing;
  const margin = 200;
  const [left, right] = [(scrollLeft - margin) / zoom, (scrollLeft + clientWidth + margin) / zoom];
  const [top, bottom] = [(scrollTop - margin) / zoom, (scrollTop + clientHeight + margin) / zoom];
  bringNear((place) => place.right >= left && place.x <= right && place.bottom >= top && place.y <= bottom);
}

function bringNear(isNear) {
  const update = (isFar, draw) => (place, i) => {
    if (isNear(place) !== Boolean(isFar[i])) return;
    isFar[i] = 1 - isFar[i];
    draw(i);
  };
  places.forEach(update(far, drawBox));
  spans.forEach(update(farLines, drawLine));
}

if (boxes.length > MANY) {
  for (const box of boxes) box.setAttribute("aria-label", box.dataset.name);
  far.fill(1);
  farLines.fill(1);
  drawing.addEventListener("scroll", () => {
    if (!waitingForFrame) requestAnimationFrame(leaveOutWhatIsFar);
    waitingForFrame = true;
  });
  addEventListener("beforeprint", () => bringNear(() => true));
  addEventListener("afterprint", leaveOutWhatIsFar);
}

function setZoom(wanted) {
  zoom = Math.max(0.1, Math.min(LARGEST, wanted));
  drawnGraph.setAttribute("width", Math.floor(graphWidth * zoom));
  drawnGraph.setAttribute("height", Math.floor(graphHeight * zoom));
  if (boxes.length > MANY) leaveOutWhatIsFar();
}

// All of it; or at first its width, where not even that can be read a part of it.
function fit(atFirst) {
  fitted = true;
  const width = drawing.clientWidth / graphWidth;
  const whole = Math.min(width, drawing.clientHeight / graphHeight, 2.2);
  const isSeen = width > SMALLEST_THAT_IS_SEEN && boxes.length <= MANY;
  const readable = isSeen ? Math.min(width, SMALLEST_THAT_IS_READ) : SMALLEST_THAT_IS_READ;
  setZoom(atFirst ? Math.max(whole, readable) : whole);
}

// All of the boxes, or the last of them where they do not fit in together.
function bringIntoView(shown) {
  if (!shown.length) return;
  const all = shown.map((box) => places[box]);
  const left = Math.min(...all.map((place) => place.x)) * zoom;
  const right = Math.max(...all.map((place) => place.right)) * zoom;
  const top = Math.min(...all.map((place) => place.y)) * zoom;
  const bottom = Math.max(...all.map((place) => place.bottom)) * zoom;
  const { scrollLeft, scrollTop, clientWidth, clientHeight } = drawing;
  const seen =
    left >= scrollLeft && right <= scrollLeft + clientWidth && top >= scrollTop && bottom <= scrollTop + clientHeight;
  if (seen) return;
  if (shown.length > 1 && (right - left > clientWidth || bottom - top > clientHeight)) {
    bringIntoView(shown.slice(-1));
    return;
  }
  drawing.scrollTo((left + right - clientWidth) / 2, (top + bottom - clientHeight) / 2);
}

// ---- the mark on what happens now

const halo = byId("halo");
const messenger = byId("messenger");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let frame = 0;

// A line with an arrow and a label is a group.
const strokeOf = (line) => lines[line].firstElementChild || lines[line];

function markLines(marked) {
  halo.setAttribute("d", marked.map((line) => strokeOf(line).getAttribute("d")).join(""));
}

function mark(step) {
  const unmarked = [...marks.keys()];
  marks.clear();
  markLines(step ? step.lines : []);
  cancelAnimationFrame(frame);
  messenger.setAttribute("cx", -99);
  if (step && step.box !== null) marks.set(step.box, "giver");
  if (step && !step.forward) for (const box of step.receivers) marks.set(box, `${marks.get(box) || ""} receiver`.trim());
  for (const box of new Set([...unmarked, ...marks.keys()])) drawBox(box);
  markRow(step);
}

// The gradient goes from the node to its operand, against the arrow.
function sendMessenger(step) {
  if (calm.matches || step.forward || step.lines.length !== 1) return;
  const path = strokeOf(step.lines[0]);
  const length = path.getTotalLength();
  const start = performance.now();
  const move = (now) => {
    const part = Math.min(1, Math.max(0, (now - start) / 400));
    const point = path.getPointAtLength(length * (1 - part));
    messenger.setAttribute("cx", part < 1 ? point.x : -99);
    messenger.setAttribute("cy", point.y);
    if (part < 1) frame = requestAnimationFrame(move);
  };
  frame = requestAnimationFrame(move);
}
