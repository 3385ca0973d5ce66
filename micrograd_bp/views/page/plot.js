// What has been learnt, beside the points: the prediction over all inputs, and what each neuron makes of them.

const { prediction, inputs, neurons, neuronNames, neuronBoxes, points } = DATA.learnt;
const targets = points.map((point) => point.at(-1));
const [lowest, highest] = [Math.min(...targets), Math.max(...targets)];
const middle = (lowest + highest) / 2, half = (highest - lowest) / 2 || 1;

// The nodes between these inputs and the prediction, in order.
const depending = (() => {
  const needed = new Set([prediction]);
  for (let node = prediction; node >= 0; node--) if (needed.has(node)) operands[node].forEach((operand) => needed.add(operand));
  const moved = new Set(inputs);
  for (const node of [...needed].sort((a, b) => a - b)) if (operands[node].some((operand) => moved.has(operand))) moved.add(node);
  return [...moved].filter((node) => needed.has(node) && !inputs.includes(node)).sort((a, b) => a - b);
})();

// All values that depend on the inputs, for other inputs; the array is overwritten by the next call.
const scratch = new Float64Array(names.length);
function valuesFor(...x) {
  inputs.forEach((input, i) => (scratch[input] = x[i]));
  for (const node of depending) {
    const rule = RULES[graph.rule[node]];
    const numbers = operands[node].map((operand) => scratch[operand]);
    scratch[node] = rule ? rule.result(...(rule.groups ? arranged(numbers, rule.groups) : numbers)) : NaN;
  }
  return scratch;
}

const rangeOf = (axis) => {
  const all = points.map((point) => point[axis]);
  const [low, high] = [Math.min(...all), Math.max(...all)], margin = 0.15 * (high - low) || 1;
  return [low - margin, high + margin];
};
const ranges = inputs.map((_, axis) => rangeOf(axis));
const at = ([low, high], part) => low + (high - low) * part;

const colourOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const channels = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
function colours() {
  const [positive, negative, surface] = ["positive", "negative", "surface"].map((name) => channels(colourOf(name)));
  return (x) => {
    const part = Math.min(1, Math.abs(x)) * 0.75, sign = x < 0 ? negative : positive;
    return Number.isFinite(x) ? surface.map((channel, i) => channel + (sign[i] - channel) * part) : channels(colourOf("not-finite"));
  };
}

const GRID = 30;
const IN_A_BOX = 40;

// In the neuron's own box where the layout left room for it, else below.
function placePlot(canvas, name, box) {
  if (box === null) {
    const figure = make("figure", "");
    figure.append(canvas, make("figcaption", name));
    byId("neurons").append(figure);
    return;
  }
  const shape = boxes[box].querySelector(".shape"), holder = document.createElementNS("http://www.w3.org/2000/svg", "foreignObject");
  const place = { x: (shape.getAttribute("width") - IN_A_BOX) / 2, y: shape.getAttribute("height") - IN_A_BOX - 3 };
  for (const [name, x] of Object.entries({ ...place, width: IN_A_BOX, height: IN_A_BOX })) holder.setAttribute(name, x);
  holder.append(canvas);
  boxes[box].append(holder);
}

const neuronPlots = neuronNames.map((name, i) => {
  const canvas = make("canvas", "", { width: GRID, height: GRID });
  canvas.setAttribute("aria-hidden", "true"); // its numbers stand in the list below the plot
  placePlot(canvas, name, neuronBoxes[i]);
  return canvas;
});

function paint(canvas, field, scale, shades) {
  const context = canvas.getContext("2d"), image = context.createImageData(GRID, inputs.length === 1 ? 1 : GRID);
  field.forEach((x, i) => {
    const [red, green, blue] = shades((x - scale.middle) / scale.half);
    image.data.set([red, green, blue, 255], 4 * i);
  });
  return [context, image];
}

function fieldsOf(values) {
  const fields = values.map(() => []);
  const rows = inputs.length === 1 ? 1 : GRID;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < GRID; column++) {
      const x = [at(ranges[0], (column + 0.5) / GRID)];
      if (rows > 1) x.push(at(ranges[1], 1 - (row + 0.5) / GRID));
      const all = valuesFor(...x);
      values.forEach((value, i) => fields[i].push(all[value]));
    }
  }
  return fields;
}

const scaleOf = (field) => ({ middle: 0, half: Math.max(...field.map(Math.abs).filter(Number.isFinite), 1e-12) });

function showPlot() {
  scratch.set(now.values);
  const shades = colours();
  const [field, ...others] = fieldsOf([prediction, ...neurons]);
  others.forEach((each, i) => {
    const [context, image] = paint(neuronPlots[i], each, scaleOf(each), shades);
    for (let row = 0; row < (inputs.length === 1 ? GRID : 1); row++) context.putImageData(image, 0, row);
  });
  byId("neuron-words").replaceChildren(...others.map((each, i) =>
    make("li", `${neuronNames[i]}: from ${number(Math.min(...each))} to ${number(Math.max(...each))}`)));
  if (inputs.length === 1) showCurve(field);
  else showField(field, shades);
  showPoints();
}

const plot = byId("plot");
const size = plot.width;

function showField(field, shades) {
  const [context, image] = paint(plot, field, { middle, half }, shades);
  const small = make("canvas", "", { width: GRID, height: GRID });
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = true;
  context.drawImage(small, 0, 0, size, size);
  for (const [x, y, target] of points) {
    const part = (place, [low, high]) => ((place - low) / (high - low)) * size;
    drawPoint(context, part(x, ranges[0]), size - part(y, ranges[1]), target > middle);
  }
}

// Above the middle a dot, below it a ring: not told apart by colour alone.
function drawPoint(context, x, y, isHigh) {
  context.beginPath();
  context.arc(x, y, 4, 0, 2 * Math.PI);
  context.fillStyle = colourOf(isHigh ? "ink" : "surface");
  context.strokeStyle = colourOf(isHigh ? "surface" : "ink");
  context.lineWidth = 1.5;
  context.fill();
  context.stroke();
}

function showCurve(field) {
  const context = plot.getContext("2d");
  context.fillStyle = colourOf("surface");
  context.fillRect(0, 0, size, size);
  const range = [lowest - 0.3 * half, highest + 0.3 * half];
  const y = (value) => size - ((value - range[0]) / (range[1] - range[0])) * size;
  context.beginPath();
  field.forEach((value, i) => context.lineTo(((i + 0.5) / GRID) * size, Math.max(-9, Math.min(size + 9, y(value)))));
  context.strokeStyle = colourOf("mark");
  context.lineWidth = 2.5;
  context.stroke();
  for (const [x, target] of points) drawPoint(context, ((x - ranges[0][0]) / (ranges[0][1] - ranges[0][0])) * size, y(target), target > middle);
}

// ---- in numbers, for those who do not see it

const MOST_POINTS = 50;

function showPoints() {
  const predicted = points.map((point) => valuesFor(...point.slice(0, -1))[prediction]);
  const right = points.filter((point, i) => predicted[i] > middle === point.at(-1) > middle).length;
  const off = predicted.reduce((total, each, i) => total + Math.abs(each - targets[i]), 0) / points.length;
  const isTwo = new Set(targets).size === 2;
  const words = `${points.length} points, ${isTwo ? `${right} on the right side of ${number(middle)}, ` : ""}off by ${number(off)} on average`;
  byId("plot-words").textContent = words;
  plot.setAttribute("aria-label", `The prediction for all inputs: ${words}`);
  if (!byId("plot-numbers").open) return;
  const body = byId("plot-rows");
  body.replaceChildren(...points.slice(0, MOST_POINTS).map((point, i) => {
    const row = make("tr", "");
    row.append(make("td", point.slice(0, -1).map(number).join(", ")), make("td", number(point.at(-1))), make("td", number(predicted[i])));
    return row;
  }));
}

byId("learnt").hidden = false;
byId("plot-numbers").addEventListener("toggle", showPlot);
afterwards.push(showPlot);
