"use strict";
// Where the page is in the steps, and what the drawing shows there. The tables of the page are the data.

const byId = (id) => document.getElementById(id);
const graph = byId("graph");
const drawing = byId("drawing");
const boxes = [...graph.querySelectorAll(".box")];
const lines = [...graph.querySelectorAll(".line")];
const gradients = boxes.map((box) => box.querySelector(".gradient"));
const data = boxes.map((box) => box.querySelector(".data"));
const isExercise = document.body.classList.contains("exercise");

const numbersIn = (text) => (text ? text.split(" ").map(Number) : []);

function stepOf(row) {
  const forward = row.dataset.pass === "forward";
  const changes = (row.dataset.changes || "").split(";").filter(Boolean).map((change) => {
    const [box, before, after] = change.split("|");
    return { box: Number(box), before, after };
  });
  return {
    row,
    forward,
    number: Number(row.dataset.step),
    node: row.dataset.node === undefined ? null : Number(row.dataset.node),
    lines: numbersIn(row.dataset.lines),
    changes,
    stops: numbersIn(row.dataset.stops),
    get names() {
      return [...row.cells[1].querySelectorAll("bdi")].map((name) => name.textContent);
    },
  };
}

const steps = [...document.querySelectorAll("tr[data-step]")]
  .map(stepOf)
  .sort((a, b) => b.forward - a.forward || a.number - b.number);
const forwardCount = steps.filter((step) => step.forward).length;

// How many steps have been taken. The page is written as it is at the end, an exercise as it is before the gradients.
let position = isExercise ? forwardCount : steps.length;

function apply(step, taken) {
  if (step.forward) {
    boxes[step.node].classList.toggle("waiting", !taken);
    for (const line of step.lines) lines[line].classList.toggle("not-computed", !taken);
  } else {
    for (const line of step.lines) lines[line].classList.toggle("waiting", !taken);
  }
  const texts = step.forward ? data : gradients;
  for (const { box, before, after } of step.changes) {
    if (texts[box]) texts[box].firstChild.data = taken ? after : before;
  }
}

function walkTo(target) {
  target = Math.max(0, Math.min(steps.length, target));
  while (position < target) apply(steps[position++], true);
  while (position > target) apply(steps[--position], false);
}

const latest = () => (position ? steps[position - 1] : null);

// ---- breakpoints

const breakpoints = new Set();

function toggleBreakpoint(box) {
  if (breakpoints.delete(box)) {
    boxes[box].querySelector(".breakpoint").remove();
    return;
  }
  breakpoints.add(box);
  const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  dot.setAttribute("class", "breakpoint");
  dot.setAttribute("r", "5");
  boxes[box].append(dot);
}

const stopsAt = (step) => step.stops.some((box) => breakpoints.has(box));

function nextStop() {
  let target = position + 1;
  while (target < steps.length && !stopsAt(steps[target - 1])) target++;
  return Math.min(target, steps.length);
}

// ---- a whole value at a time

function nextValue() {
  let target = position + 1;
  while (target < steps.length && steps[target].node === steps[target - 1].node) target++;
  return target;
}

function previousValue() {
  let target = position - 1;
  while (target > 0 && steps[target - 1].node === steps[target].node) target--;
  return target;
}

// ---- size of the drawing, and what of it is seen

const { width: graphWidth, height: graphHeight } = graph.viewBox.baseVal;
const SMALLEST_THAT_IS_READ = 0.95, LARGEST = 8;
let zoom = 1;
let fitted = true;

const places = boxes.map((box) => {
  const { e: x, f: y } = box.transform.baseVal.getItem(0).matrix;
  const shape = box.querySelector(".shape");
  return { x, y, right: x + Number(shape.getAttribute("width")), bottom: y + Number(shape.getAttribute("height")) };
});

// Thousands of texts cost a browser more than all the rest, so those far from what is seen are left out. A box is
// called by its name all the same.
const MANY = 300;
let near = boxes.map(() => true);
let waitingForFrame = false;

function leaveOutWhatIsFar() {
  waitingForFrame = false;
  const { scrollLeft, scrollTop, clientWidth, clientHeight } = drawing;
  const margin = 200;
  const [left, right] = [(scrollLeft - margin) / zoom, (scrollLeft + clientWidth + margin) / zoom];
  const [top, bottom] = [(scrollTop - margin) / zoom, (scrollTop + clientHeight + margin) / zoom];
  places.forEach((place, box) => {
    const isNear = place.right >= left && place.x <= right && place.bottom >= top && place.y <= bottom;
    if (isNear !== near[box]) showText(box, isNear);
  });
}

function showText(box, isShown) {
  near[box] = isShown;
  boxes[box].classList.toggle("far", !isShown);
}

if (boxes.length > MANY) {
  boxes.forEach((box, place) => {
    box.setAttribute("aria-label", box.dataset.name);
    showText(place, false);
  });
  drawing.addEventListener("scroll", () => {
    if (!waitingForFrame) requestAnimationFrame(leaveOutWhatIsFar);
    waitingForFrame = true;
  });
  addEventListener("beforeprint", () => boxes.forEach((_, place) => showText(place, true)));
  addEventListener("afterprint", leaveOutWhatIsFar);
}

function setZoom(wanted) {
  zoom = Math.max(0.1, Math.min(LARGEST, wanted));
  graph.setAttribute("width", Math.floor(graphWidth * zoom));
  graph.setAttribute("height", Math.floor(graphHeight * zoom));
  if (boxes.length > MANY) leaveOutWhatIsFar();
}

function fit(readable) {
  fitted = true;
  const whole = Math.min(drawing.clientWidth / graphWidth, drawing.clientHeight / graphHeight, 2.2);
  setZoom(readable ? Math.max(whole, SMALLEST_THAT_IS_READ) : whole);
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
let marked = [];
let frame = 0;

// A line with an arrow and a label is a group.
const strokeOf = (line) => lines[line].firstElementChild || lines[line];

function markLines(marked) {
  halo.setAttribute("d", marked.map((line) => strokeOf(line).getAttribute("d")).join(""));
}

function mark(step) {
  for (const element of marked) element.classList.remove("current", "giver", "receiver");
  marked = [];
  markLines(step ? step.lines : []);
  cancelAnimationFrame(frame);
  messenger.setAttribute("cx", -99);
  if (!step) return;
  const add = (element, name) => {
    element.classList.add(name);
    marked.push(element);
  };
  if (step.node !== null) add(boxes[step.node], "giver");
  if (!step.forward) for (const change of step.changes) add(boxes[change.box], "receiver");
  add(step.row, "current");
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
