// What there is to walk: boxes, lines and steps, and their numbers for whatever stands in the leaves.

const { byValue } = DATA;
if (!byValue) for (const lists of [DATA.boxes, DATA.outputs]) lists.forEach((list, box) => (lists[box] = unrolled(list)));
const membersOf = (box) => (byValue ? [DATA.boxes[box]] : DATA.boxes[box]);
const nBoxes = DATA.boxes.length;
const boxOf = new Int32Array(names.length).fill(-1);
for (let box = 0; box < nBoxes; box++) for (const value of membersOf(box)) boxOf[value] = box;
const isShown = (value) => boxOf[value] >= 0;

// Every edge, in the order of the backward pass.
const edges = [];
const firstEdge = new Int32Array(names.length);
for (let node = names.length - 1; node >= 0; node--) {
  firstEdge[node] = edges.length;
  operands[node].forEach((operand, position) => edges.push({ node, position, operand }));
}

// The edges that each line stands for.
const edgesOfLine = [];
const lineOfEdge = new Map();
{
  const between = new Map((DATA.lines || []).map(([tail, head], line) => [`${tail},${head}`, line]));
  const add = (edge, line) => {
    lineOfEdge.set(edge, line);
    (edgesOfLine[line] ||= []).push(edge);
  };
  for (let node = 0; node < names.length; node++) {
    if (!isShown(node)) continue;
    operands[node].forEach((operand, position) => {
      if (!isShown(operand)) return;
      const edge = firstEdge[node] + position;
      if (byValue) add(edge, edgesOfLine.length);
      else if (boxOf[operand] !== boxOf[node]) add(edge, between.get(`${boxOf[operand]},${boxOf[node]}`));
    });
  }
}
const incoming = Array.from({ length: nBoxes }, () => new Set());
for (const [edge, line] of lineOfEdge) incoming[boxOf[edges[edge].node]].add(line);

// ---- the steps: what is the same whatever the numbers

function forwardSteps() {
  const steps = [];
  for (let box = 0; box < nBoxes; box++) {
    const computed = membersOf(box).filter((value) => !isLeaf(value));
    if (!computed.length) continue;
    steps.push({ forward: true, number: steps.length + 1, box, node: computed.at(-1), count: computed.length,
      lines: [...incoming[box]], receivers: [box], stops: [box] });
  }
  return steps;
}

// A contribution each, with the number that it has everywhere else.
function stepsByValue() {
  const steps = [];
  edges.forEach(({ node, position, operand }, edge) => {
    if (!isShown(operand)) return;
    const box = isShown(node) ? boxOf[node] : null;
    // As in the debugger: at an operation when it begins to pass its gradient on, at a leaf whenever it receives.
    const stops = [...(position === 0 && box !== null ? [box] : []), ...(isLeaf(operand) ? [boxOf[operand]] : [])];
    const line = lineOfEdge.get(edge);
    steps.push({ forward: false, number: edge + 1, edge, box, node, operand, position, made: [edge], taken: [edge],
      lines: line === undefined ? [] : [line], receivers: [boxOf[operand]], stops });
  });
  return steps;
}

// Each box once, after all that give to it where that is possible. A value without a box gives with the last that gives to it.
function stepsByBox() {
  const giver = boxOf.slice();
  const made = Array.from({ length: nBoxes }, () => []);
  edges.forEach(({ node, operand }, edge) => {
    if (giver[node] >= 0) made[giver[node]].push(edge);
    if (!isShown(operand)) giver[operand] = giver[node];
  });
  const giveTo = made.map(() => new Set());
  for (const { node, operand } of edges) if (giver[node] >= 0 && giver[operand] >= 0) giveTo[giver[operand]].add(giver[node]);
  const boxes = [...made.keys()].filter((box) => made[box].length).sort((a, b) => made[a].at(-1) - made[b].at(-1));
  const waiting = new Set(boxes);
  const isFree = (box) => ![...giveTo[box]].some((other) => other !== box && waiting.has(other));
  return boxes.map((_, i) => {
    const remaining = [...waiting];
    const box = remaining.find(isFree) ?? remaining[0]; // modules that are used again and again may give to each other
    waiting.delete(box);
    const shown = made[box].filter((edge) => isShown(edges[edge].operand));
    const receivers = [...new Set(shown.map((edge) => boxOf[edges[edge].operand]))];
    const own = made[box].filter((edge) => isShown(edges[edge].node));
    return { forward: false, number: i + 1, box, node: edges[own.at(-1)].node, made: shown, taken: made[box],
      lines: [...incoming[box]], receivers, stops: [box] };
  });
}

const steps = [...(DATA.forward ? forwardSteps() : []), ...(byValue ? stepsByValue() : stepsByBox())];
steps.forEach((step, place) => (step.place = place));
const forwardCount = steps.filter((step) => step.forward).length;

// ---- their numbers

const isParameter = new Set(DATA.parameters);
const countedIn = DATA.boxes.map((_, box) => {
  const parameters = membersOf(box).filter((value) => isParameter.has(value));
  return parameters.length ? parameters : membersOf(box);
});
const isMean = (box) => !byValue && DATA.means[box];

// What stands on a box: the gradient of one value, or the mean magnitude of those of parameters, else of all.
function gradientOn(box, gradients) {
  if (!isMean(box)) return gradients[membersOf(box)[0]];
  return countedIn[box].reduce((total, value) => total + Math.abs(gradients[value]), 0) / countedIn[box].length;
}

// The contribution that a line shows: of several edges their mean magnitude, with the sign of their sum.
function contributionOf(made, contributions) {
  if (made.length === 1) return contributions[made[0]];
  let total = 0, magnitude = 0;
  for (const edge of made) {
    total += contributions[edge];
    magnitude += Math.abs(contributions[edge]);
  }
  if (!Number.isFinite(magnitude)) return NaN;
  return (total < 0 ? -magnitude : magnitude) / made.length;
}

// All numbers of the page for these leaves: before and after each step they are those of its receivers.
function told(leaves) {
  const state = { leaves, ...forwardPass(graph, leaves) };
  Object.assign(state, backwardPass(graph, state.local));
  const gradients = state.start.slice();
  const shown = Float64Array.from({ length: nBoxes }, (_, box) => gradientOn(box, gradients));
  state.startOn = shown.slice();
  state.beforeStep = [];
  state.afterStep = [];
  const toCome = new Int32Array(names.length);
  for (const { operand } of edges) toCome[operand]++;
  for (const step of steps) {
    for (const edge of step.taken || []) {
      const { operand } = edges[edge];
      gradients[operand] = --toCome[operand] ? gradients[operand] + state.contributions[edge] : state.gradients[operand];
    }
    state.beforeStep.push(step.forward ? null : step.receivers.map((box) => shown[box]));
    if (!step.forward) for (const box of step.receivers) shown[box] = gradientOn(box, gradients);
    state.afterStep.push(step.forward ? null : step.receivers.map((box) => shown[box]));
  }
  state.onLines = edgesOfLine.map((made) => contributionOf(made, state.contributions));
  state.largest = state.onLines.reduce((most, each) => (Number.isFinite(each) ? Math.max(most, Math.abs(each)) : most), 0);
  return state;
}

// ---- dead ends, as drawings mark them

const SATURATED_BELOW = 0.01;
const OPEN = "open", SATURATED = "saturated", OFF = "off";

function passage(node, { values, local }) {
  if (graph.rule[node] < 0) return OPEN;
  const rule = DATA.rules[graph.rule[node]];
  const passesSomething = local[node].some((each) => each !== 0);
  if (rule.sides.length) {
    if (Math.abs(local[node][0]) >= SATURATED_BELOW) return OPEN;
    const side = rule.sides[Number(values[operands[node][0]] > 0)];
    return side === SATURATED || (side === OFF && !passesSomething) ? side : OPEN;
  }
  return passesSomething || rule.isFlat ? OPEN : OFF;
}

// Of a box: how it is marked, and what is said on it or below.
function remarkOf(box, state) {
  const { kind, words } = isMean(box) ? remarkOfMany(membersOf(box), state) : remarkOfOne(membersOf(box)[0], state);
  const leftOut = DATA.leftOut[box];
  const more = leftOut ? `… ${leftOut} more ${leftOut === 1 ? "edge" : "edges"}` : "";
  return { kind, words: [words, more].filter(Boolean).join(", ") };
}

function remarkOfOne(node, state) {
  const refused = state.refused.get(node);
  if (refused) {
    const { domain } = DATA.rules[graph.rule[node]] || {};
    return { kind: OPEN, words: refused === DOMAIN && domain ? `needs ${domain}` : refused === OVERFLOW ? "too large" : "not known" };
  }
  const kind = passage(node, state);
  const steepness = kind === SATURATED ? Math.abs(state.local[node][0]) : 0;
  if (kind === OPEN) return { kind, words: "" };
  if (kind === OFF) return { kind, words: "passes nothing" };
  return { kind: steepness ? kind : OFF, words: `saturated: passes ${steepness ? share(steepness) : "nothing"}` };
}

function remarkOfMany(members, state) {
  const units = members.filter((value) => operands[value].length === 1);
  const count = (kind) => units.filter((unit) => passage(unit, state) === kind).length;
  const off = count(OFF), saturated = count(SATURATED);
  if (units.length && off === units.length) return { kind: OFF, words: "passes nothing" };
  const words = [[off, "off"], [saturated, "saturated"]].filter(([n]) => n)
    .map(([n, what]) => (units.length > 1 ? `${n} of ${units.length} ${what}` : what));
  return { kind: units.length && off + saturated === units.length ? SATURATED : OPEN, words: words.join(", ") };
}
