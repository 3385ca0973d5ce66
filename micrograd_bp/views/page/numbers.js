"use strict";
// What a rule runs on: IEEE doubles and the functions of Python's `math`, with its choices at ties, zeros and nan.

// Why Python's arithmetic would have raised on the way to a result; "" where it would not.
let trouble = "";
const DOMAIN = "domain", OVERFLOW = "overflow";
const fail = (kind) => (trouble = trouble || kind);

function judged(y, x, atInfinity = DOMAIN) {
  if (y !== y && x === x) fail(DOMAIN);
  else if (Math.abs(y) === Infinity && Number.isFinite(x)) fail(atInfinity);
  return y;
}

// A function that is made of others fails where it has no result, at a pole, and where it is too large.
const checkedAsOne = (f) => (x) => {
  const before = trouble;
  const y = f(x);
  trouble = before;
  return y === y && !Number.isInteger(x) ? y : judged(y, x, x > 1 ? OVERFLOW : DOMAIN);
};

const F = {
  abs: Math.abs,
  atan2: Math.atan2,
  cbrt: Math.cbrt,
  hypot: Math.hypot,
  degrees: (x) => x * (180 / Math.PI),
  radians: (x) => x * (Math.PI / 180),
  exp2: (x) => judged(2 ** x, x, OVERFLOW),
  divide(a, b) {
    if (b === 0) fail(DOMAIN);
    return a / b;
  },
  pow(a, b) {
    if (a === 1 || (a === -1 && Math.abs(b) === Infinity)) return 1;
    const y = a ** b;
    if (Number.isFinite(a) && Number.isFinite(b) && !Number.isFinite(y)) fail(y !== y || a === 0 ? DOMAIN : OVERFLOW);
    return y;
  },
  // The sign of the divisor, as Python's; the sign of the dividend, as C's.
  remainder(a, b) {
    if (b === 0) fail(DOMAIN);
    const rest = a % b;
    if (rest === 0) return b < 0 || Object.is(b, -0) ? -0 : 0;
    return b < 0 !== rest < 0 ? rest + b : rest;
  },
  fmod(a, b) {
    const rest = a % b;
    if (rest !== rest && a === a && b === b) fail(DOMAIN);
    return rest;
  },
  floor_divide(a, b) {
    if (b === 0) return fail(DOMAIN) && a / b;
    const rest = a % b;
    const quotient = (a - rest) / b - (rest !== 0 && b < 0 !== rest < 0 ? 1 : 0);
    const whole = Math.floor(quotient);
    return quotient - whole > 0.5 ? whole + 1 : whole;
  },
  sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : x),
  maximum: (a, b) => (a > b || a !== a ? a : b),
  minimum: (a, b) => (a < b || a !== a ? a : b),
  greater: (a, b) => (a > b ? 1 : 0),
  greater_equal: (a, b) => (a >= b ? 1 : 0),
  less: (a, b) => (a < b ? 1 : 0),
  less_equal: (a, b) => (a <= b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
  not_equal: (a, b) => (a !== b ? 1 : 0),
  where: (condition, a, b) => (condition !== 0 ? a : b),
  floor: (x) => Math.floor(x) + 0, // not -0, as Python's integers
  ceil: (x) => Math.ceil(x) + 0,
  trunc: (x) => Math.trunc(x) + 0,
  round: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)) + 0,
  // Python adds up from 0, and since 3.12 keeps what is lost to rounding.
  sum(terms) {
    let total = 0, lost = 0;
    for (const term of terms) {
      const next = total + term;
      if (KEEPS_WHAT_IS_LOST) lost += Math.abs(total) >= Math.abs(term) ? total - next + term : term - next + total;
      total = next;
    }
    return lost !== 0 && Number.isFinite(lost) ? total + lost : total;
  },
  dot: (w, x) => F.sum(w.map((each, i) => each * x[i])),
  logsumexp(terms) {
    const largest = terms.reduce((a, b) => (b > a ? b : a));
    if (Math.abs(largest) === Infinity) return terms.some(Number.isNaN) ? NaN : largest;
    return largest + F.log(F.sum(terms.map((term) => F.exp(term - largest))));
  },
};
for (const name of ["exp", "expm1", "sinh", "cosh"]) F[name] = (x) => judged(Math[name](x), x, OVERFLOW);
for (const name of ["log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan"]
  .concat(["tanh", "asinh", "acosh", "atanh"])) F[name] = (x) => judged(Math[name](x), x);
