// Where the page is in the steps, and where it stops.

function take(place, taken) {
  const step = steps[place];
  if (step.forward) {
    isComputed[step.box] = Number(taken);
    return;
  }
  for (const line of step.lines) hasCome[line] = Number(taken);
  step.receivers.forEach((box, i) => {
    shown[box] = (taken ? now.afterStep : now.beforeStep)[place][i];
    nReceived[box] += taken ? 1 : -1;
  });
}

function walkTo(target) {
  target = Math.max(0, Math.min(steps.length, target));
  const from = position;
  while (position < target) take(position++, true);
  while (position > target) take(--position, false);
  const passed = steps.slice(Math.min(from, target), Math.max(from, target));
  const touched = new Set(passed.flatMap((step) => step.receivers));
  for (const box of touched) drawBox(box);
  for (const line of new Set(passed.flatMap((step) => step.lines))) drawLine(line);
}

const latest = () => (position ? steps[position - 1] : null);

// Everything again, with other numbers.
function drawAll() {
  shown.set(now.startOn);
  for (let place = 0; place < position; place++) {
    const step = steps[place];
    if (!step.forward) step.receivers.forEach((box, i) => (shown[box] = now.afterStep[place][i]));
  }
  for (let box = 0; box < nBoxes; box++) drawBox(box);
  for (let line = 0; line < lines.length; line++) drawLine(line);
  showLegend();
}

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

const sameGiver = (a, b) => a.box === b.box && (a.box !== null || a.node === b.node);

function nextValue() {
  let target = position + 1;
  while (target < steps.length && sameGiver(steps[target], steps[target - 1])) target++;
  return target;
}

function previousValue() {
  let target = position - 1;
  while (target > 0 && sameGiver(steps[target - 1], steps[target])) target--;
  return target;
}
