// The forward pass and the chain rule on the page's own numbers, as the engine has them.
//
// A graph has for each value the place of its rule (`rule`; -1 for a leaf, -2 for what only Python computes) and its
// `operands`, the `roots` with their `upstream` gradients, and for what only Python computes what it has `recorded`.

// Places as they are written, with 3, -7 for 3, 4, 5, 6, 7.
const unrolled = (places) =>
  places.flatMap((place, i) => {
    const before = places[i - 1];
    return place < 0 ? Array.from({ length: -place - before }, (_, k) => before + 1 + k) : [place];
  });

// Operands as a rule takes them: a group is an array.
function arranged(numbers, groups) {
  const nGroups = groups.filter(Boolean).length;
  const size = (numbers.length - groups.length + nGroups) / nGroups;
  let start = 0;
  return groups.map((isGroup) => {
    if (!isGroup) return numbers[start++];
    start += size;
    return numbers.slice(start - size, start);
  });
}

// Derivatives as a rule gives them, one after the other; one for a whole group holds for each of its members.
const laidOut = (derivatives, operands) =>
  derivatives.flatMap((each, i) => (Array.isArray(operands[i]) && !Array.isArray(each) ? operands[i].map(() => each) : each));

// The result of a node, its local derivatives, and why the engine would have refused it, if it would.
function applied(rule, numbers) {
  const { groups } = rule;
  const operands = groups ? arranged(numbers, groups) : numbers;
  trouble = "";
  const result = rule.result(...operands);
  const refused = trouble || (result !== result && numbers.every(Number.isFinite) ? OVERFLOW : "");
  const local = rule.along(result, ...operands);
  return { result, local: groups ? laidOut(local, operands) : local, refused };
}

// All values and local derivatives. `refused` has the nodes that the engine would not have made, as they are in IEEE
// arithmetic, with the reason.
function forwardPass(graph, leaves) {
  const { rule, operands, recorded } = graph;
  const values = new Float64Array(rule.length);
  const local = new Array(rule.length);
  const refused = new Map();
  for (let node = 0; node < rule.length; node++) {
    const place = rule[node];
    if (place >= 0) {
      const made = applied(RULES[place], operands[node].map((operand) => values[operand]));
      values[node] = made.result;
      local[node] = made.local;
      if (made.refused) refused.set(node, made.refused);
    } else if (place === -1) {
      values[node] = leaves[node];
      local[node] = [];
    } else {
      const { result, local: derivatives, from } = recorded[node];
      const holds = operands[node].every((operand, i) => Object.is(values[operand], from[i]));
      values[node] = holds ? result : NaN;
      local[node] = holds ? derivatives : derivatives.map(() => NaN);
      if (!holds) refused.set(node, "outside");
    }
  }
  return { values, local, refused };
}

// Every contribution in the order of the backward pass, and what each gradient is in the end.
function backwardPass({ operands, roots, upstream }, local) {
  const gradients = new Float64Array(operands.length);
  roots.forEach((root, i) => (gradients[root] += upstream[i]));
  const start = gradients.slice();
  const contributions = [];
  for (let node = operands.length - 1; node >= 0; node--) {
    const given = gradients[node];
    operands[node].forEach((operand, position) => {
      const contribution = given * local[node][position];
      contributions.push(contribution);
      gradients[operand] += contribution;
    });
  }
  return { start, gradients, contributions };
}
