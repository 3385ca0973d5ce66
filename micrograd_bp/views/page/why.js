// Why a gradient is what it is: all paths from the output in a few numbers, and the heaviest one, edge by edge.
//
// The heaviest path to a value goes on from the heaviest path to one of its users, so one edge for each value tells all
// of them. Paths with a factor of 0, inf or nan are kept apart, since their product says nothing of the other factors.

const REGULAR = 0, ZERO = 1, INFINITE = 2, NAN = 3;
const SEEN_FIRST = [NAN, INFINITE, REGULAR, ZERO];
const kindOf = (x) => (x !== x ? NAN : Math.abs(x) === Infinity ? INFINITE : x === 0 ? ZERO : REGULAR);
const kindOfProduct = (a, b) => (a === b || b === REGULAR ? a : a === REGULAR ? b : NAN);
const APART = -1e6; // the logarithm that stands in for such a factor: the fewer of them the better
const magnitudeOf = (x) => (kindOf(x) === REGULAR ? Math.log10(Math.abs(x)) : APART);

function pathsOf(state) {
  if (state.paths) return state.paths;
  const n = names.length;
  const counts = new Array(n).fill(0n);
  const net = new Float64Array(n), total = new Float64Array(n), product = new Float64Array(n), size = new Float64Array(n);
  const heaviest = new Int32Array(n).fill(-1); // the last edge
  const found = Array.from({ length: n }, () => ({}));
  const add = (value, kind, magnitude, edge) => {
    if (!(found[value][kind]?.magnitude >= magnitude)) found[value][kind] = { magnitude, edge };
  };
  graph.roots.forEach((root, i) => {
    const given = graph.upstream[i];
    counts[root] += 1n;
    if (kindOf(given) === REGULAR) [net[root], total[root]] = [net[root] + given, total[root] + Math.abs(given)];
    add(root, kindOf(given), magnitudeOf(given), -1);
  });
  for (let node = n - 1; node >= 0; node--) {
    const first = SEEN_FIRST.find((kind) => found[node][kind]);
    if (first === undefined) continue;
    heaviest[node] = found[node][first].edge;
    const { node: user, position: at } = edges[heaviest[node]] || {};
    product[node] = user === undefined ? state.start[node] : product[user] * state.local[user][at];
    size[node] = found[node][first].magnitude;
    operands[node].forEach((operand, position) => {
      const factor = state.local[node][position], kind = kindOf(factor);
      counts[operand] += counts[node];
      if (kind === REGULAR) {
        net[operand] += factor * net[node];
        total[operand] += Math.abs(factor) * total[node];
      }
      for (const above of Object.keys(found[node]).map(Number)) {
        add(operand, kindOfProduct(above, kind), found[node][above].magnitude + magnitudeOf(factor), firstEdge[node] + position);
      }
    });
  }
  return (state.paths = { counts, net, total, product, size, heaviest });
}

// A product of any length: below the smallest float it is written from its logarithm.
function productText(value, { product, size }) {
  if (product[value] !== 0 || size[value] < APART / 2) return number(product[value]);
  const exponent = Math.floor(size[value]);
  return `${number(10 ** (size[value] - exponent))}e${exponent}`;
}

function heaviestPath(value, { heaviest }) {
  const path = [];
  for (let at = value; heaviest[at] >= 0; at = edges[path[0].edge].node) path.unshift({ edge: heaviest[at], value: at });
  return path;
}

const make = (tag, text, properties = {}) => Object.assign(document.createElement(tag), { textContent: text }, properties);

const FEW_EDGES = 6;
// A factor below this loses most of a gradient; a part below that is lost to rounding.
const WEAK = 0.1, CANCELS_FROM = 1e-6;

function why(value) {
  const paths = pathsOf(now);
  const path = heaviestPath(value, paths);
  if (!path.length) return [];
  const [net, total] = [paths.net[value], paths.total[value]];
  const one = paths.counts[value] === 1n;
  const cancelled = total ? 1 - Math.abs(net) / total : 0;
  const sentence = one
    ? "One path leads here from the output."
    : `${counted(paths.counts[value])} paths lead here from the output. Their products add up to ${number(net)}, ` +
      `their magnitudes to ${number(total)}${cancelled >= CANCELS_FROM ? `: ${share(cancelled)} cancels out.` : "."}`;
  const button = make("button", one ? "Show the path" : "Show the heaviest path", { type: "button" });
  button.addEventListener("click", () => {
    markLines(path.map(({ edge }) => lineOfEdge.get(edge)).filter((line) => line !== undefined));
    bringIntoView([boxOf[value]]);
  });
  const list = make("table", "");
  list.createCaption().textContent = `${one ? "The path" : "The heaviest path"}, product ${productText(value, paths)}`;
  const head = list.createTHead().insertRow();
  for (const text of ["value", "factor", "product"]) head.append(make("th", text, { scope: "col" }));
  const body = list.createTBody();
  path.forEach(({ edge, value: at }, place) => {
    if (path.length > 2 * FEW_EDGES && place >= FEW_EDGES && place < path.length - FEW_EDGES) {
      if (place === FEW_EDGES) body.insertRow().insertCell().textContent = `… ${path.length - 2 * FEW_EDGES} more`;
      return;
    }
    const row = body.insertRow();
    const { node, position: which } = edges[edge];
    const factor = now.local[node][which];
    for (const text of [names[at], `× ${number(factor)}`, productText(at, paths)]) row.append(make("td", text));
    row.className = Math.abs(factor) < WEAK ? "weak" : "";
  });
  return [make("h3", "Why it is what it is"), make("p", sentence), list, button];
}
