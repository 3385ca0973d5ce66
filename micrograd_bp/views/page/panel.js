// What the panel says of the current step and of the chosen value, and how one gets from step to step.

const set = (id, text) => {
  const element = byId(id);
  element.textContent = text || "";
  element.hidden = !text;
};

function showFormula(id, sidesOfIt) {
  const element = byId(id);
  element.hidden = !sidesOfIt.length;
  element.replaceChildren(...sidesOfIt.map((side, place) => make("div", place ? `= ${side}` : side)));
}

// ---- a step in words

const nameOfBox = (box) => (byValue ? names[DATA.boxes[box]] : DATA.titles[box]);

function namesOf(step) {
  if (!byValue) {
    if (step.forward) return [nameOfBox(step.box)];
    const others = step.receivers.filter((box) => box !== step.box);
    return [nameOfBox(step.box), others.slice(0, 3).map(nameOfBox).join(", ") || "itself"];
  }
  if (step.forward) return [names[step.node]];
  const equal = operands[step.node].filter((operand) => operand === step.operand).length;
  const which = equal > 1 ? ` (operand ${step.position + 1} of ${operands[step.node].length})` : "";
  return [names[step.node], names[step.operand] + which];
}

const plural = (count, noun) => `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;

function formulaOf(step) {
  if (byValue) return step.forward ? forwardFormula(step.node, now) : localFormula(step.node, step.position, now);
  if (step.forward) return [`computes ${plural(step.count, "value")}`];
  const magnitudes = step.made.map((edge) => Math.abs(now.contributions[edge]));
  const mean = magnitudes.reduce((total, each) => total + each, 0) / magnitudes.length;
  return [`${plural(magnitudes.length, "contribution")}, mean magnitude ${number(Number.isFinite(mean) ? mean : NaN)}`];
}

// Upstream gradient, local derivative, contribution.
function productOf(step) {
  if (step.forward || !byValue) return [];
  return [now.gradients[step.node], now.local[step.node][step.position], now.contributions[step.edge]].map(number);
}
const productLine = ([upstream, local, contribution]) => (upstream ? `${upstream} × ${local} = ${contribution}` : "");

// The place of the receiver whose change is told: another box where one has changed, else the box itself, whose parameters receive.
function toldReceiver(step) {
  const [before, after] = [now.beforeStep[step.place], now.afterStep[step.place]];
  const hasChanged = (box, at) => before[at] !== after[at];
  const at = step.receivers.findIndex((box, at) => box !== step.box && hasChanged(box, at));
  return at >= 0 ? at : Math.max(step.receivers.findIndex(hasChanged), 0);
}

function changeOf(step) {
  if (step.forward) return "";
  const { place } = step;
  const at = toldReceiver(step);
  const first = isAsked[step.receivers[at]] && toEachBox[step.receivers[at]][0] === place;
  return `${first ? "?" : number(now.beforeStep[place][at])} → ${number(now.afterStep[place][at])}`;
}

function receiverOf(step) {
  return nameOfBox(step.receivers[toldReceiver(step)]);
}

function whereIs(step) {
  const before = step.forward ? 0 : forwardCount;
  const count = step.forward ? forwardCount : steps.length - forwardCount;
  const place = step.place + 1 - before;
  const number = place === step.number ? "" : ` (number ${step.number} of the whole pass)`;
  return `${step.forward ? "Forward" : "Backward"} pass, step ${place} of ${count}${number}`;
}

// A name without the path of the module, which stands above it.
const inside = (module, name) => (module && name.startsWith(`${module}.`) ? name.slice(module.length + 1) : name);

const noteOf = (step) => (byValue ? refusal(step.node, now) : "");

function startNote() {
  if (!steps.length) return "Nothing was computed from anything.";
  if (DATA.forward) return "The inputs and parameters are there; nothing is computed yet.";
  const outputs = graph.roots.slice(0, 3).map((root) => `${names[root]} has ${number(now.start[root])}`);
  return `The backward pass begins at the output: its gradient is given. ${outputs.join(", ")}; all others begin with 0.`;
}

function showStep(step) {
  byId("product").hidden = true;
  if (!step) {
    for (const id of ["place", "layer", "change", "source"]) set(id, "");
    set("names", "Start");
    showFormula("formula", []);
    set("note", startNote() + (DATA.isChanged ? " Data was changed after the forward pass: here all of it is computed again." : ""));
    return;
  }
  const module = moduleOf(step.node);
  set("place", whereIs(step));
  set("layer", module);
  set("names", namesOf(step).map((name) => inside(module, name)).join(" → "));
  showFormula("formula", formulaOf(step));
  const parts = productOf(step);
  byId("product").hidden = !parts.length;
  ["upstream", "local", "contribution"].forEach((id, place) => set(id, parts[place]));
  if (parts.length) byId("contribution").className = signOf(now.contributions[step.edge]);
  const quantity = !step.forward && isMean(step.receivers[toldReceiver(step)]) ? "mean |gradient|" : "gradient";
  set("change", changeOf(step) && `${quantity} of ${inside(module, receiverOf(step))}: ${changeOf(step)}`);
  set("source", DATA.sources[step.node] && `made at ${DATA.sources[step.node]}`);
  set("note", noteOf(step) && `Note: ${noteOf(step)}`);
}

// ---- the chosen value

const toEachBox = boxes.map(() => []);
steps.forEach((step, place) => {
  if (!step.forward) for (const box of step.receivers) toEachBox[box].push(place);
});

function choose(box) {
  const last = chosen;
  chosen = box;
  byId("choose").value = box === null ? "" : String(box);
  if (last !== null) drawBox(last);
  if (box !== null) {
    drawBox(box);
    drawnGraph.querySelector('.box[tabindex="0"]').setAttribute("tabindex", "-1");
    boxes[box].setAttribute("tabindex", "0");
    const value = membersOf(box)[0];
    if (membersOf(box).length === 1 && isLeaf(value)) chooseLeaf(value);
  }
  showValue();
}

// Both numbers, where they differ from those of the file.
function withBefore(text, other) {
  return live === before || text === other ? text : now === before ? `${text}, now ${other}` : `${text}, before ${other}`;
}

function showValue() {
  byId("value-card").hidden = chosen === null;
  if (chosen === null) return;
  const { kind, name } = boxes[chosen].dataset;
  const [value, ...others] = membersOf(chosen);
  const remark = parts[chosen].written.remark;
  const other = now === before ? live : before;
  set("value-name", name);
  set("value-kind", remark ? `${kind}: ${remark}` : kind);
  showFormula("value-formula", others.length || !isComputed[chosen] ? [] : forwardFormula(value, now));
  const hasData = !others.length || parts[chosen].data;
  byId("value-data").textContent = hasData ? (isComputed[chosen] ? withBefore(dataText(chosen), number(dataOf(chosen, other))) : "–") : "–";
  const atEnd = position === steps.length && !isMean(chosen);
  byId("value-gradient").textContent = atEnd ? withBefore(gradientText(chosen), number(other.gradients[value])) : gradientText(chosen);
  set("value-note", others.length ? "" : refusal(value, now));
  set("value-source", !others.length && DATA.sources[value] && `made at ${DATA.sources[value]}`);
  const broken = breakpoints.has(chosen);
  byId("breakpoint").setAttribute("aria-pressed", broken);
  byId("breakpoint").textContent = broken ? "Do not break here" : "Break here";
  byId("value-steps").replaceChildren(...contributionsTo(chosen));
  byId("value-why").replaceChildren(...(byValue && !isExercise ? why(value) : []));
}

const FEW = 12;

function contributionsTo(box) {
  const places = toEachBox[box];
  if (!places.length) return [];
  const list = make("ul", "");
  for (const place of places.slice(0, FEW)) {
    const step = steps[place];
    const button = make("button", `step ${step.number}`, { type: "button" });
    const known = place < position || !isExercise;
    button.addEventListener("click", byHand(() => go(place + 1)));
    const item = make("li", "", { className: place < position ? "arrived" : "" });
    const product = productLine(productOf(step)) || formulaOf(step)[0];
    item.append(button, ` from ${namesOf(step)[0]}: ${known ? product : "?"}`);
    list.append(item);
  }
  if (places.length > FEW) list.append(make("li", `… ${places.length - FEW} more`));
  return [make("h3", "What its gradient is made of"), list];
}

// ---- going there

const slider = byId("slider");
let player = 0;

// `still` is for other numbers at the same step.
function show({ sent = false, still = false } = {}) {
  const step = latest();
  mark(step);
  showStep(step);
  showValue();
  slider.value = position;
  const where = step ? whereIs(step) : "Start";
  slider.setAttribute("aria-valuetext", where);
  byId("position").textContent = `${position} / ${steps.length}`;
  byId("back").disabled = position === 0;
  for (const id of ["step", "continue", "play"]) byId(id).disabled = position === steps.length;
  if (step && !still) {
    bringIntoView([...(step.box === null ? [] : [step.box]), ...step.receivers].slice(0, 2));
    if (sent) sendMessenger(step);
  }
  if (!player && !still) say(step ? `${where}: ${namesOf(step).join(" → ")}. ${byId("change").textContent}` : byId("note").textContent);
}

const say = (text) => (byId("status").textContent = text);

function go(target, options) {
  walkTo(target);
  show(options);
}

function pause() {
  clearInterval(player);
  player = 0;
  byId("play").textContent = "Play";
  byId("play").setAttribute("aria-pressed", "false");
}

function play() {
  if (player) {
    pause();
    return;
  }
  if (position === steps.length) return;
  byId("play").textContent = "Pause";
  byId("play").setAttribute("aria-pressed", "true");
  player = setInterval(() => {
    const last = position + 1 >= steps.length || stopsAt(steps[position]);
    if (last) pause();
    go(position + 1, { sent: true });
  }, Number(byId("speed").value));
}

// What runs, the steps or the learning, stops where a hand takes over.
const stops = [pause];
const takeOver = () => stops.forEach((stop) => stop());
const byHand = (action) => () => {
  takeOver();
  action();
};
const stepOnce = byHand(() => go(position + 1, { sent: true }));
const stepBack = byHand(() => go(position - 1));
const goOn = byHand(() => go(nextStop()));

byId("step").addEventListener("click", stepOnce);
byId("back").addEventListener("click", stepBack);
byId("continue").addEventListener("click", goOn);
byId("play").addEventListener("click", play);
byId("speed").addEventListener("change", () => player && (pause(), play()));
slider.max = steps.length;
slider.addEventListener("input", byHand(() => go(Number(slider.value))));
