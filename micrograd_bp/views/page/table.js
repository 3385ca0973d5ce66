// All steps as tables, one for each layer: made when somebody wants to see or to print them.

const HEADS = [["step", "from → to", "local derivative", "contribution", "gradient"], ["step", "value", "computed as"]];
const list = byId("all-steps");
const rows = [];
let rowMarked = null;

function fillRow(row, step) {
  const [, , formula, product, change] = row.cells;
  formula.firstChild.data = formulaOf(step).join(" = ");
  for (const small of formula.querySelectorAll("small")) small.remove();
  for (const text of [DATA.sources[step.node], noteOf(step)]) if (text) formula.append(make("small", text));
  if (step.forward) return;
  product.textContent = productLine(productOf(step));
  change.textContent = changeOf(step);
}

function tableOf(layer, members, heading, isAlone) {
  const table = make("table", "");
  const caption = table.createCaption();
  const where = layer || (isAlone ? "" : "outside of layers");
  caption.append(heading + (where ? ", " : ""), make("bdi", where));
  const head = table.createTHead().insertRow();
  for (const text of HEADS[Number(members[0].forward)]) head.append(make("th", text, { scope: "col" }));
  const body = table.createTBody();
  for (const step of members) {
    const row = body.insertRow();
    for (let cell = 0; cell < (step.forward ? 3 : 5); cell++) row.insertCell();
    row.cells[0].textContent = step.number;
    namesOf(step).forEach((name, i) => row.cells[1].append(i ? " → " : "", make("bdi", name)));
    row.cells[2].append("");
    rows[step.place] = row;
    fillRow(row, step);
  }
  return table;
}

// Makes the tables, or brings their numbers up to date.
function fillTables() {
  if (rows.length) {
    rows.forEach((row, place) => fillRow(row, steps[place]));
    return;
  }
  for (const forward of [true, false]) {
    const heading = forward ? "Forward pass" : "Backward pass";
    const layers = new Map();
    for (const step of steps) {
      if (step.forward !== forward) continue;
      const layer = layerOf(step.node);
      if (!layers.has(layer)) layers.set(layer, []);
      layers.get(layer).push(step);
    }
    if (!layers.size) continue;
    const section = make("section", "", { className: forward ? "forward" : "backward" });
    section.append(make("h3", heading));
    for (const [layer, members] of layers) section.append(tableOf(layer, members, heading, layers.size === 1));
    list.append(section);
  }
  if (!steps.length) list.append(make("p", "There are no steps: nothing was computed from anything."));
  markRow(latest());
}

function markRow(step) {
  if (rowMarked) rowMarked.classList.remove("current");
  rowMarked = step ? rows[step.place] : null;
  if (rowMarked) rowMarked.classList.add("current");
}

byId("show-all").addEventListener("click", (event) => {
  if (list.hidden) fillTables();
  list.hidden = !list.hidden;
  event.currentTarget.setAttribute("aria-expanded", !list.hidden);
});
list.addEventListener("click", (event) => {
  const row = event.target.closest("tr");
  const place = row ? rows.indexOf(row) : -1;
  if (place >= 0) byHand(() => go(place + 1))();
});
addEventListener("beforeprint", fillTables);
