// What the panel says of the current step and of the chosen value, and the controls.

const set = (id, text) => {
  const element = byId(id);
  element.textContent = text || "";
  element.hidden = !text;
};

function showFormula(id, text) {
  const element = byId(id);
  element.hidden = !text;
  const sides = text ? text.split(" = ") : [];
  element.replaceChildren(
    ...sides.map((side, place) => {
      const line = document.createElement("div");
      line.textContent = place ? `= ${side}` : side;
      return line;
    }),
  );
}

function placeOf(step) {
  const before = step.forward ? 0 : forwardCount;
  const count = step.forward ? forwardCount : steps.length - forwardCount;
  const place = steps.indexOf(step, position - 1) + 1 - before;
  const number = place === step.number ? "" : ` (number ${step.number} of the whole pass)`;
  return `${step.forward ? "Forward" : "Backward"} pass, step ${place} of ${count}${number}`;
}

// A name without the path of the module, which stands above it.
const inside = (module, name) => (module && name.startsWith(`${module}.`) ? name.slice(module.length + 1) : name);

const signOf = (number) => (!Number.isFinite(number) ? "not-finite" : number ? (number < 0 ? "negative" : "positive") : "nothing");

function quantityOf({ row: { dataset: { quantity, receiver, module } } }) {
  return `${quantity} of ${inside(module, receiver)}`;
}

function showStep(step) {
  byId("product").hidden = true;
  if (!step) {
    set("place", "");
    set("layer", "");
    set("names", "Start");
    showFormula("formula", "");
    set("change", "");
    set("source", "");
    set("note", byId("summary").dataset.start);
    return;
  }
  const [, , formula, product, change] = step.row.cells;
  set("place", placeOf(step));
  set("layer", step.row.dataset.module);
  set("names", step.names.map((name) => inside(step.row.dataset.module, name)).join(" → "));
  showFormula("formula", formula.firstChild.data);
  const parts = product ? product.textContent.split(/ [×=] /) : [];
  byId("product").hidden = parts.length !== 3;
  ["upstream", "local", "contribution"].forEach((id, place) => set(id, parts[place]));
  byId("contribution").className = signOf(Number(parts[2]));
  set("change", change && change.textContent && `${quantityOf(step)}: ${change.textContent}`);
  set("source", step.row.dataset.source && `made at ${step.row.dataset.source}`);
  set("note", step.row.dataset.note && `Note: ${step.row.dataset.note}`);
}

// ---- the chosen value

let chosen = null;

const toEachBox = boxes.map(() => []);
steps.forEach((step, place) => {
  if (!step.forward) for (const change of step.changes) toEachBox[change.box].push(place);
});

function choose(box) {
  if (chosen !== null) boxes[chosen].classList.remove("chosen");
  chosen = box;
  byId("choose").value = box === null ? "" : String(box);
  if (box !== null) {
    boxes[box].classList.add("chosen");
    graph.querySelector('.box[tabindex="0"]').setAttribute("tabindex", "-1");
    boxes[box].setAttribute("tabindex", "0");
  }
  showValue();
}

function showValue() {
  byId("value-card").hidden = chosen === null;
  if (chosen === null) return;
  const { name, kind, formula, source, remark } = boxes[chosen].dataset;
  set("value-name", name);
  set("value-kind", remark ? `${kind}: ${remark}` : kind);
  showFormula("value-formula", formula);
  const known = boxes[chosen].classList.contains("waiting") ? "–" : boxes[chosen].dataset.value || "–";
  byId("value-data").textContent = data[chosen] ? data[chosen].textContent : known;
  byId("value-gradient").textContent = gradientOf(chosen);
  set("value-source", source && `made at ${source}`);
  const broken = breakpoints.has(chosen);
  byId("breakpoint").setAttribute("aria-pressed", broken);
  byId("breakpoint").textContent = broken ? "Do not break here" : "Break here";
  byId("value-steps").replaceChildren(...contributionsTo(chosen));
  byId("value-why").replaceChildren(...why(chosen));
}

// A constant has a gradient too, though none stands on its box.
function gradientOf(box) {
  if (gradients[box]) return gradients[box].textContent;
  const changes = toEachBox[box].map((place) => [place, steps[place].changes.find((change) => change.box === box)]);
  const taken = changes.filter(([place]) => place < position);
  if (taken.length) return taken.pop()[1].after;
  return changes.length ? changes[0][1].before : "–";
}

const FEW = 12;

function contributionsTo(box) {
  const places = toEachBox[box];
  if (!places.length) return [];
  const heading = document.createElement("h3");
  heading.textContent = "What its gradient is made of";
  const list = document.createElement("ul");
  for (const place of places.slice(0, FEW)) {
    const step = steps[place];
    const button = document.createElement("button");
    const known = place < position || !isExercise;
    const product = step.row.cells[3].textContent || step.row.cells[2].textContent;
    button.type = "button";
    button.textContent = `step ${step.number}`;
    button.addEventListener("click", () => go(place + 1));
    const item = document.createElement("li");
    item.className = place < position ? "arrived" : "";
    item.append(button, ` from ${step.names[0]}: ${known ? product : "?"}`);
    list.append(item);
  }
  if (places.length > FEW) {
    const rest = document.createElement("li");
    rest.textContent = `… ${places.length - FEW} more`;
    list.append(rest);
  }
  return [heading, list];
}

// ---- going there

const slider = byId("slider");
let player = 0;

function show({ sent = false } = {}) {
  const step = latest();
  mark(step);
  showStep(step);
  showValue();
  slider.value = position;
  const where = step ? placeOf(step) : "Start";
  slider.setAttribute("aria-valuetext", where);
  byId("position").textContent = `${position} / ${steps.length}`;
  byId("back").disabled = position === 0;
  for (const id of ["step", "continue", "play"]) byId(id).disabled = position === steps.length;
  if (step) {
    bringIntoView([...(step.node === null ? [] : [step.node]), ...step.changes.map((change) => change.box)].slice(0, 2));
    if (sent) sendMessenger(step);
  }
  if (!player) byId("status").textContent = step ? `${where}: ${step.names.join(" → ")}. ${byId("change").textContent}` : byId("note").textContent;
}

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

const byHand = (action) => () => {
  pause();
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
slider.addEventListener("input", byHand(() => go(Number(slider.value))));
