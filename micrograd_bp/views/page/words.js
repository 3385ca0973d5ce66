// Numbers and formulas as text, as the other views write them.

const byId = (id) => document.getElementById(id);

// Python's %.4g: so many significant digits, a tie to the even one.
function general(x, digits) {
  if (x !== x) return "nan";
  if (Math.abs(x) === Infinity) return x > 0 ? "inf" : "-inf";
  if (x === 0) return "0";
  let text = x.toExponential(digits - 1);
  const further = x.toExponential(digits);
  if (further.includes("5e")) {
    const [exact, exponent] = x.toExponential(60).split("e");
    const kept = exact.slice(0, exact.indexOf(".") + digits);
    if (/^50*$/.test(exact.slice(kept.length)) && "02468".includes(kept.at(-1))) text = `${kept}e${exponent}`;
  }
  const [mantissa, exponent] = text.split("e");
  if (exponent >= -4 && exponent < digits) return String(Number(text));
  return `${Number(mantissa)}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}
const number = (x) => general(x, 4);
const share = (part) => `${general(100 * part, 3)} %`;

// A count of any size.
function counted(count) {
  const digits = String(count);
  if (digits.length <= 15) return count.toLocaleString("en-US");
  return `${number(Number(`${digits[0]}.${digits.slice(1, 20)}`))}e+${digits.length - 1}`;
}

// A number that somebody has written; null where it is none.
function readNumber(text) {
  const plain = String(text).trim().replace("−", "-").replace(",", ".").toLowerCase();
  const special = { inf: Infinity, "+inf": Infinity, "-inf": -Infinity, nan: NaN };
  if (Object.hasOwn(special, plain)) return special[plain];
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/.test(plain) ? Number(plain) : null;
}

// ---- what the page is about

const DATA = JSON.parse(byId("data").textContent);
const { graph, names } = DATA;
for (const list of [graph.leaves, graph.upstream]) list.forEach((each, i) => each !== null && (list[i] = readNumber(each)));
for (const each of Object.values(graph.recorded)) {
  each.result = readNumber(each.result);
  for (const list of [each.local, each.from]) list.forEach((one, i) => (list[i] = readNumber(one)));
}
graph.operands = graph.operands.map(unrolled);
const { operands } = graph;
const own = new Set(DATA.own);
const isLeaf = (value) => graph.rule[value] === -1;
const placeOf = (index, value) => DATA[index][DATA.moduleOf[value] ?? 0];
const moduleOf = (value) => placeOf("modules", value);
const layerOf = (value) => placeOf("layers", value);

// ---- formulas: templates filled with names or numbers

const NEGATIVE = 2, ATOM = 6; // how tightly a part holds together; a looser one gets parentheses
const FEW_OPERANDS = 8;
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const raised = (digits) => digits.replace("-", "⁻").replace(/\d/g, (digit) => RAISED[digit]);

function fill(template, part) {
  return template.replace(/(\^?)⟨(\w+),(\d)⟩/g, (_, power, place, strength) => {
    const { text, strength: own } = part(place);
    if (power && /^-?\d+$/.test(text)) return text === "1" ? "" : raised(text);
    return power + (own < strength ? `(${text})` : text);
  });
}

const asAtom = (text) => ({ text, strength: ATOM });
const asNumber = (x) => ({ text: number(x), strength: x < 0 ? NEGATIVE : ATOM });

function templatesOf(node) {
  const rule = graph.rule[node];
  return DATA.templates[rule] || DATA.templates[`${rule},${operands[node].length}`];
}

// The operands by their names where these are short, and else by the letters of the rule.
function symbolsOf(node) {
  if (operands[node].length <= FEW_OPERANDS) {
    const symbols = operands[node].map((operand) => {
      const symbol = DATA.symbols[operand];
      return symbol === undefined ? asAtom(names[operand]) : symbol && { text: symbol[0], strength: symbol[1] };
    });
    if (symbols.every(Boolean)) return symbols;
  }
  return templatesOf(node).letters.map(asAtom);
}

const withMinus = (text) => text.replaceAll(" + -", " - ");

// A sum or a product as it stands behind a ∂.
function inParentheses(text) {
  let depth = 0;
  for (const character of text) {
    depth += "([".includes(character) - ")]".includes(character);
    if (depth === 0 && " ·-/".includes(character)) return `(${text})`;
  }
  return text;
}

// The sides of an equation, each once where two beside each other look the same.
const sides = (...texts) => texts.filter((text, i) => i === 0 || text !== texts[i - 1]);

// How a node was computed: y = tanh(n) = tanh(0.8814) = 0.7071. Nothing for a leaf.
function forwardFormula(node, { values }) {
  if (isLeaf(node)) return [];
  const name = own.has(node) ? [names[node]] : [];
  if (graph.rule[node] < 0) return [names[node], `${number(values[node])}, as Python has it`];
  const { itself, result } = templatesOf(node);
  const symbols = symbolsOf(node);
  const inNumbers = fill(result, (place) => asNumber(values[operands[node][place]]));
  const made = [itself, result].map((template) => fill(template, (place) => symbols[place]));
  return sides(...name, ...made, withMinus(inNumbers), number(values[node]));
}

// The derivative along an operand: ∂tanh(n)/∂n = 1 - tanh(n)² = 1 - 0.7071² = 0.5.
function localFormula(node, position, { values, local }) {
  const derivative = number(local[node][position]);
  if (graph.rule[node] < 0) return [`${derivative}, as Python has it`];
  const { itself, along } = templatesOf(node);
  const [inNames, inNumbers = inNames] = along[position];
  const symbols = symbolsOf(node);
  const bySymbols = (template) => fill(template, (place) => symbols[place]);
  const byNumbers = (place) => asNumber(values[place === "y" ? node : operands[node][place]]);
  const quotient = `∂${inParentheses(bySymbols(itself))}/∂${inParentheses(symbols[position].text)}`;
  return sides(quotient, bySymbols(inNames), withMinus(fill(inNumbers, byNumbers)), derivative);
}

// Why the engine would not have made a node.
function refusal(node, { refused, values }) {
  const kind = refused.get(node);
  if (!kind) return "";
  if (kind === "outside") return "only Python can compute this with other numbers";
  const { name, domain, operands: letters } = DATA.rules[graph.rule[node]];
  if (kind === OVERFLOW) return `${name} gives a number too large for a float`;
  const given = operands[node].map((operand, i) => (letters[i] ? `${letters[i]} = ` : "") + number(values[operand]));
  return `${name} ${domain ? `needs ${domain}` : "has no result"}; got ${given.slice(0, 6).join(", ")}`;
}
