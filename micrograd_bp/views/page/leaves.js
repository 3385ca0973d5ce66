// The numbers in the leaves: one is changed, and everything follows at the step at which one stands.

const turnOf = new Map([...DATA.inputs.map((value) => [value, -1]), ...DATA.constants.map((value) => [value, 1])]);
const byTurn = (a, b) => (turnOf.get(a) || 0) - (turnOf.get(b) || 0);
const leaves = names.map((_, value) => value).filter(isLeaf).sort(byTurn); // inputs first, constants last
const leafNamed = new Map(leaves.map((value) => [names[value], value]));
const field = byId("leaf-number"), leafSlider = byId("leaf-slider");
let leaf = leaves[0];

// What else follows.
const afterwards = [];

const isChanged = (value) => !Object.is(live.leaves[value], before.leaves[value]);
const changedLeaves = () => leaves.filter(isChanged);

// A range that has room for a number and for twice what it was: 1, 2 or 5 times a power of ten.
function rangeFor(value) {
  const most = Math.max(1, ...[2 * before.leaves[value], 1.25 * live.leaves[value]].map(Math.abs).filter(Number.isFinite));
  const power = 10 ** Math.floor(Math.log10(most));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= most * 0.999999);
}

const inFull = (x) => (!Number.isFinite(x) ? number(x) : Object.is(x, -0) ? "-0" : String(x));

function showLeaf({ typing = false, sliding = false } = {}) {
  const x = now.leaves[leaf];
  byId("leaf").value = String(leaf);
  if (!typing) field.value = inFull(x);
  field.removeAttribute("aria-invalid");
  if (!sliding) {
    const most = rangeFor(leaf);
    [leafSlider.min, leafSlider.max, leafSlider.step] = [-most, most, most / 100];
    leafSlider.value = Number.isFinite(x) ? x : 0;
  }
  leafSlider.setAttribute("aria-valuetext", number(x));
  leafSlider.setAttribute("aria-label", `Slider of ${names[leaf]}`);
  field.setAttribute("aria-label", `Number of ${names[leaf]}`);
  const changed = changedLeaves();
  byId("leaf-before").textContent = isChanged(leaf) ? `was ${number(before.leaves[leaf])}` : "";
  byId("reset").disabled = byId("compare").disabled = !changed.length;
  byId("compare").setAttribute("aria-pressed", now !== live);
  byId("compare").textContent = now === live ? "Compare" : "Back to now";
  byId("outcome").textContent = outcome(changed);
  const trouble = [...now.refused.keys()][0];
  const why = trouble === undefined ? "" : refusal(trouble, now);
  set("trouble", why && names[trouble] && !why.startsWith(`${names[trouble]} `) ? `${names[trouble]}: ${why}` : why);
}

// The outputs, before and now.
function outcome(changed) {
  if (!changed.length) return "Change a number, and everything follows.";
  const outputs = graph.roots.slice(0, 2).map((root) => {
    const [was, is] = [before, live].map(({ values }) => number(values[root]));
    return `${names[root]}: ${was === is ? was : `${was} → ${is}`}`;
  });
  return (now === live ? "" : "Before. ") + outputs.join(", ");
}

// ---- changing them

function showNumbers(state, options) {
  now = state;
  drawAll();
  show({ still: true });
  showLeaf(options);
  if (!list.hidden) fillTables();
  for (const follow of afterwards) follow();
}

// What is dragged is said when it rests, and written into the link now and then: browsers refuse more.
const SETTLED = 400;
let settling = 0, written = -SETTLED;

function setLeaves(numbers, options) {
  if (numbers.every((x, value) => Object.is(x, live.leaves[value]))) return;
  takeOver();
  live = numbers.every((x, value) => Object.is(x, before.leaves[value])) ? before : told(numbers);
  showNumbers(live, options);
  if (performance.now() - written > SETTLED) writeLink();
  clearTimeout(settling);
  settling = setTimeout(() => {
    writeLink();
    say([`${names[leaf]} is ${number(live.leaves[leaf])}.`, byId("outcome").textContent, byId("trouble").textContent].join(" "));
  }, SETTLED);
}

function setLeaf(x, options) {
  const numbers = live.leaves.slice();
  numbers[leaf] = x;
  setLeaves(numbers, options);
}

function chooseLeaf(value) {
  leaf = value;
  showLeaf();
}

field.addEventListener("input", () => {
  const x = readNumber(field.value);
  if (x === null) field.setAttribute("aria-invalid", "true");
  else setLeaf(x, { typing: true });
});
field.addEventListener("focus", takeOver);
field.addEventListener("change", () => showLeaf());
field.addEventListener("keydown", (event) => {
  const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  if (!up || !Number.isFinite(live.leaves[leaf])) return;
  event.preventDefault();
  const step = (rangeFor(leaf) / 100) * (event.shiftKey ? 10 : 1);
  setLeaf(Number((live.leaves[leaf] + up * step).toPrecision(12)));
});
leafSlider.addEventListener("input", () => setLeaf(Number(Number(leafSlider.value).toPrecision(12)), { sliding: true }));
leafSlider.addEventListener("change", () => showLeaf()); // at an end, the range grows
byId("leaf").append(...leaves.map((value) => new Option(names[value], value)));
byId("leaf").addEventListener("change", () => {
  chooseLeaf(Number(byId("leaf").value));
  if (byValue && isShown(leaf)) {
    choose(boxOf[leaf]);
    bringIntoView([boxOf[leaf]]);
  }
});
byId("reset").addEventListener("click", () => setLeaves(graph.leaves.slice()));
byId("compare").addEventListener("click", byHand(() => showNumbers(now === live ? before : live)));

// ---- a link has what was changed: #x=3&w=-1. What it says of anything else is nothing to this page.

const MOST_IN_A_LINK = 200; // of more it has none: some of them would be another state

function writeLink() {
  written = performance.now();
  const all = changedLeaves();
  const told = all.length > MOST_IN_A_LINK ? [] : all;
  const changed = new URLSearchParams(told.map((value) => [names[value], inFull(live.leaves[value])]));
  try {
    history.replaceState(null, "", `#${changed}`);
  } catch {
    // A page in a frame has no address of its own.
  }
}

function readLink() {
  const numbers = graph.leaves.slice();
  for (const [name, text] of new URLSearchParams(location.hash.slice(1))) {
    const x = readNumber(text);
    if (leafNamed.has(name) && x !== null) numbers[leafNamed.get(name)] = x;
  }
  leaf = leaves.find((value) => !Object.is(numbers[value], live.leaves[value])) ?? leaf;
  setLeaves(numbers);
}
addEventListener("hashchange", readLink);
