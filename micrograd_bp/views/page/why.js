// Why a gradient is what it is: all paths from the output in a few numbers, and the heaviest one, edge by edge.

const stepOfLine = new Map();
for (const step of steps) if (!step.forward) for (const line of step.lines) stepOfLine.set(line, step);

function heaviestPath(box) {
  const path = [];
  for (let at = box; boxes[at].dataset.heaviest !== undefined; at = path[0].step.node) {
    const line = Number(boxes[at].dataset.heaviest);
    const step = stepOfLine.get(line);
    path.unshift({ line, step, box: at });
    if (step.node === null) break;
  }
  return path;
}

const make = (tag, text, properties = {}) => Object.assign(document.createElement(tag), { textContent: text }, properties);

function why(box) {
  const { paths, net, total, cancelled, product } = boxes[box].dataset;
  const path = paths === undefined ? [] : heaviestPath(box);
  if (!path.length) return [];
  const one = paths === "1";
  const sentence = one
    ? "One path leads here from the output."
    : `${paths} paths lead here from the output. Their products add up to ${net}, their magnitudes to ${total}` +
      (cancelled ? `: ${cancelled} cancels out.` : ".");
  const button = make("button", one ? "Show the path" : "Show the heaviest path", { type: "button" });
  button.addEventListener("click", () => {
    markLines(path.map(({ line }) => line));
    bringIntoView([box]);
  });
  const list = make("table", "");
  list.createCaption().textContent = `${one ? "The path" : "The heaviest path"}, product ${product}`;
  const head = list.createTHead().insertRow();
  for (const text of ["value", "factor", "product"]) head.append(make("th", text, { scope: "col" }));
  const body = list.createTBody();
  path.forEach(({ step, box: at }, place) => {
    if (path.length > 2 * FEW_EDGES && place >= FEW_EDGES && place < path.length - FEW_EDGES) {
      if (place === FEW_EDGES) body.insertRow().insertCell().textContent = `… ${path.length - 2 * FEW_EDGES} more`;
      return;
    }
    const row = body.insertRow();
    const factor = step.row.cells[3].textContent.split(/ [×=] /)[1];
    const texts = [boxes[at].dataset.name, `× ${factor}`, boxes[at].dataset.product];
    texts.forEach((text) => row.append(make("td", text)));
    row.className = Math.abs(factor) < WEAK ? "weak" : "";
  });
  return [make("h3", "Why it is what it is"), make("p", sentence), list, button];
}

const FEW_EDGES = 6;
// A factor below this loses most of a gradient.
const WEAK = 0.1;
