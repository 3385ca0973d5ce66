// The sheet to fill in: whether what was written is right, and the answers.

const answers = [...document.querySelectorAll("tr[data-answer]")];
const CLOSE = 0.01;

function isRight(row) {
  const text = row.querySelector("input").value.trim().replace("−", "-").replace(",", ".");
  const answer = row.dataset.answer;
  if (/nan|inf/.test(answer)) return text.toLowerCase() === answer;
  if (text === "" || !Number.isFinite(Number(text))) return false;
  return Math.abs(Number(text) - Number(answer)) <= CLOSE * Math.abs(Number(answer));
}

function judge(row) {
  const empty = row.querySelector("input").value.trim() === "";
  const right = isRight(row);
  row.className = empty ? "" : right ? "right" : "wrong";
  row.querySelector("output").textContent = empty ? "" : right ? "right" : "not yet";
  return right;
}

function judgeAll() {
  byId("score").textContent = `${answers.filter(judge).length} of ${answers.length} right`;
}

function revealAll() {
  for (const row of answers) {
    row.querySelector("output").textContent = row.dataset.answer;
    row.className = "revealed";
  }
  document.body.classList.add("revealed");
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
