// The sheet to fill in: the numbers asked for, whether what was written is right, and what a wrong one looks like.

const CLOSE = 0.01;
const asksGradients = DATA.hidden.includes("gradients");

// ---- the questions, in the order of the backward pass

function questions() {
  const local = steps.filter((step) => !step.forward && step.box !== null).map((step) => ({
    field: `local-${step.number}`, box: step.box, kind: "local derivative",
    name: () => localFormula(step.node, step.position, now)[0],
    made: () => forwardFormula(step.node, now).join(" = "),
    answer: () => now.local[step.node][step.position],
    mistakes: () => [],
  }));
  const asked = boxes.map((_, box) => box).filter((box) => isAsked[box] && parts[box].gradient).reverse();
  const gradients = asked.map((box) => {
    const [value] = membersOf(box);
    return {
      field: `answer-${box}`, box, kind: "gradient",
      name: () => names[value],
      made: () => forwardFormula(value, now).join(" = ") || `${names[value]} = ${number(now.values[value])}`,
      answer: () => now.gradients[value],
      mistakes: () => mistakesAt(box),
    };
  });
  return [...(hidesLocal ? local : []), ...(asksGradients ? gradients : [])];
}

// The products of usual mistakes, with what to say of them.
function mistakesAt(box) {
  const [value] = membersOf(box);
  const made = edges.map((_, edge) => edge).filter((edge) => edges[edge].operand === value);
  const contributions = made.map((edge) => now.contributions[edge]);
  const local = made.map((edge) => now.local[edges[edge].node][edges[edge].position]);
  const upstream = made.map((edge) => now.gradients[edges[edge].node]);
  const total = (numbers) => numbers.reduce((a, b) => a + b, 0);
  const found = [
    [-now.gradients[value], "the size is right, the sign is not"],
    [total(local), "this is the local derivative alone: the upstream gradient is missing"],
    [total(upstream), "this is the upstream gradient alone: the local derivative is missing"],
  ];
  if (made.length > 1) {
    const missing = "more than one path leads here, and their contributions add up";
    contributions.forEach((each) => found.push([each, `this is one path only: ${missing}`]));
    if (made.length > 2) contributions.forEach((each) => found.push([now.gradients[value] - each, `a path is left out: ${missing}`]));
  }
  return found;
}

// ---- judging

// How far off an answer may be that is rounded to the digits it has, of which there are to be two at least.
function roundingOf(text, answer) {
  const [, digits, decimals = "", exponent = "0"] = text.match(/^[-+]?(\d*)(?:\.(\d*))?(?:e([-+]?\d+))?$/i) || [];
  if (digits === undefined || answer === 0) return 0;
  const last = (decimals ? -decimals.length : digits.match(/0*$/)[0].length) + Number(exponent);
  const second = Math.floor(Math.log10(Math.abs(answer))) - 1;
  return 0.5000001 * 10 ** Math.min(last, second);
}

function isRight(written, answer) {
  const text = written.trim().replace("−", "-").replace(",", ".");
  const given = readNumber(text);
  if (given === null) return false;
  if (!Number.isFinite(answer) || !Number.isFinite(given)) return Object.is(given, answer);
  const shown = Number(number(answer));
  return Math.abs(given - shown) <= Math.max(CLOSE * Math.abs(shown), roundingOf(text, shown));
}

// Of a wrong answer, which mistake gives just that; nothing where two do not agree on what to say.
function diagnosis(written, question) {
  const words = question.mistakes().filter(([product]) => product !== 0 && isRight(written, product)).map(([, say]) => say);
  return new Set(words).size === 1 ? words[0] : "";
}

const isRevealed = () => document.body.classList.contains("revealed");

// Once the answers are revealed they stand behind the marks.
function judge({ row, question }) {
  const written = row.querySelector("input").value;
  const isEmpty = written.trim() === "";
  const right = isRight(written, question.answer());
  const advice = isEmpty || right ? "" : diagnosis(written, question);
  const mark = isEmpty ? "" : right ? "right" : advice ? `not yet: ${advice}` : "not yet";
  row.className = isEmpty ? "" : right ? "right" : "wrong";
  row.querySelector("output").textContent = isRevealed() ? [mark, number(question.answer())].filter(Boolean).join(": ") : mark;
  return right;
}

function judgeAll() {
  byId("score").textContent = `${answers.filter(judge).length} of ${answers.length} right`;
}

function revealAll() {
  document.body.classList.add("revealed");
  judgeAll();
  byHand(() => go(steps.length))();
}

// ---- the sheet

const answers = [];

function sheetOf(kind, question) {
  const list = make("table", "");
  const head = list.createTHead().insertRow();
  for (const text of [kind === "gradient" ? "value" : "of", "computed as", kind, "result"]) head.append(make("th", text, { scope: "col" }));
  const body = list.createTBody();
  for (const question of questions().filter((each) => each.kind === kind)) {
    const row = body.insertRow();
    const name = make("th", "", { scope: "row" }), label = make("label", "", { htmlFor: question.field });
    label.append(make("bdi", question.name()));
    name.append(label);
    const input = make("input", "", { id: question.field, autocomplete: "off", spellcheck: false });
    row.append(name, make("td", "", { className: "formula" }), make("td", ""), make("td", ""));
    row.cells[2].append(input);
    row.cells[3].append(make("output", ""));
    const answer = { row, question };
    input.addEventListener("change", () => judge(answer));
    input.addEventListener("focus", () => choose(question.box));
    answers.push(answer);
  }
  return [make("p", question), list];
}

function fillSheet() {
  for (const { row, question } of answers) {
    row.querySelector(".formula").textContent = question.made();
    if (isRevealed() || row.className) judge({ row, question });
  }
}

// Other numbers of the same kind, for which everything has a result and no answer is 0 that was none.
function newNumbers() {
  for (let attempt = 0; attempt < 100; attempt++) {
    const numbers = graph.leaves.map((x, value) => {
      if (x === null || !Number.isFinite(x) || (isShown(value) && boxes[boxOf[value]].dataset.kind === "constant")) return x;
      const size = Math.max(1, Math.ceil(Math.abs(x)));
      const drawn = Math.round(20 * size * (Math.random() - 0.5)) / 10;
      const kept = attempt % 2 ? Math.sign(x) * Math.abs(drawn) : drawn; // domains often want a sign
      return kept || 0.5;
    });
    const state = told(numbers);
    if (state.refused.size || !state.gradients.every(Number.isFinite)) continue;
    if (attempt < 50 && state.gradients.some((x) => Math.abs(x) < 1e-3)) continue;
    document.body.classList.remove("revealed");
    for (const { row } of answers) {
      row.className = "";
      row.querySelector("input").value = row.querySelector("output").textContent = "";
    }
    byId("score").textContent = "";
    go(forwardCount);
    setLeaves(numbers);
    return;
  }
  byId("score").textContent = "no other numbers were found for which everything has a result";
}

byId("worksheet").hidden = false;
{
  const given = hidesLocal ? "" : ", and beside each line the local derivative";
  const kinds = [];
  if (hidesLocal) kinds.push(...sheetOf("local derivative", "What is the local derivative along each line of the drawing?"));
  if (asksGradients) kinds.push(...sheetOf("gradient", `What is the gradient of each value? The drawing has the data${given}.`));
  byId("sheets").append(...kinds);
  fillSheet();
  afterwards.push(fillSheet);
  byId("check").addEventListener("click", judgeAll);
  byId("reveal").addEventListener("click", revealAll);
  byId("new-numbers").addEventListener("click", newNumbers);
}
