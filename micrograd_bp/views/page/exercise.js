// The sheet to fill in: whether what was written is right, and the answers.

const answers = [...document.querySelectorAll("tr[data-answer]")];
const CLOSE = 0.01;

// How far off an answer may be that is rounded to the digits it has, of which there are to be two at least.
function roundingOf(text, answer) {
  const [, digits, decimals = "", exponent = "0"] = text.match(/^[-+]?(\d*)(?:\.(\d*))?(?:e([-+]?\d+))?$/i) || [];
  if (digits === undefined || answer === 0) return 0;
  const last = (decimals ? -decimals.length : digits.match(/0*$/)[0].length) + Number(exponent);
  const second = Math.floor(Math.log10(Math.abs(answer))) - 1;
  return 0.5000001 * 10 ** Math.min(last, second);
}

function isRight(row) {
  const text = row.querySelector("input").value.trim().replace("−", "-").replace(",", ".");
  const answer = row.dataset.answer;
  if (/nan|inf/.test(answer)) return text.toLowerCase() === answer;
  if (text === "" || !Number.isFinite(Number(text))) return false;
  const difference = Math.abs(Number(text) - Number(answer));
  return difference <= Math.max(CLOSE * Math.abs(answer), roundingOf(text, Number(answer)));
}

// Once the answers are revealed they stand behind the marks.
function judge(row) {
  const empty = row.querySelector("input").value.trim() === "";
  const right = isRight(row);
  const mark = empty ? "" : right ? "right" : "not yet";
  row.className = empty ? "" : right ? "right" : "wrong";
  row.querySelector("output").textContent = isRevealed() ? [mark, row.dataset.answer].filter(Boolean).join(": ") : mark;
  return right;
}

function judgeAll() {
  byId("score").textContent = `${answers.filter(judge).length} of ${answers.length} right`;
}

const isRevealed = () => document.body.classList.contains("revealed");

function revealAll() {
  document.body.classList.add("revealed");
  judgeAll();
  byHand(() => go(steps.length))();
}

for (const row of answers) {
  const input = row.querySelector("input");
  input.addEventListener("change", () => judge(row));
  input.addEventListener("focus", () => choose(Number(input.dataset.box)));
}
if (isExercise) {
  byId("check").addEventListener("click", judgeAll);
  byId("reveal").addEventListener("click", revealAll);
}
