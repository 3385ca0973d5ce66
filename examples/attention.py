"""Attention: each letter looks back at those before it, and learns which of them matter.

A transformer of one block, written number by number as one explains it, reads four letters and a bar and then spells
the letters backwards. What it looks at on the way can be printed, and is what one would look at oneself. The graph of
a single word has some 20,000 values, and the program that `compile` makes of it a few products of matrices.
"""

import itertools
import time
from random import Random

import numpy as np

from micrograd_bp import Adam, Training, Value, compile, dot
from micrograd_bp import sum as sum_of

LETTERS, BAR, LENGTH = "abcdef", 6, 4
STEPS = 2 * LENGTH  # "dace|eca" is read, and "ecad" is to be said from the bar on
WIDTH, HEADS = 16, 2
HEAD = WIDTH // HEADS

rng = Random(0)
parameters: list[Value] = []


def matrix(rows: int, columns: int) -> list[list[Value]]:
    """New weights."""
    made = [[Value(rng.gauss(0.0, 0.25)) for _ in range(columns)] for _ in range(rows)]
    parameters.extend(weight for row in made for weight in row)
    return made


def linear(weights: list[list[Value]], x: list[Value]) -> list[Value]:
    """W·x."""
    return [dot(row, x) for row in weights]


def both(x: list[Value], y: list[Value]) -> list[Value]:
    """Their sum."""
    return [a + b for a, b in zip(x, y, strict=True)]


def normalized(x: list[Value]) -> list[Value]:
    """The same with a mean square of 1."""
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [each * scale for each in x]


def softmax(scores: list[Value]) -> list[Value]:
    """Shares that add up to 1, the larger the score the larger."""
    powers = [score.exp() for score in scores]
    total = sum_of(powers)
    return [power / total for power in powers]


def flat(rows: list[list[Value]]) -> list[Value]:
    """All of them, row by row."""
    return [each for row in rows for each in row]


letter_table, place_table = matrix(WIDTH, len(LETTERS) + 1), matrix(STEPS, WIDTH)
query, key, value, mix = (matrix(WIDTH, WIDTH) for _ in range(4))
widen, narrow = matrix(2 * WIDTH, WIDTH), matrix(WIDTH, 2 * WIDTH)
say = matrix(len(LETTERS), WIDTH)

# 1. The graph of one word: letters come in as ones and zeros, and so do those that are to be said.
word = [[Value(float(i == 0)) for i in range(len(LETTERS) + 1)] for _ in range(STEPS)]
wanted = [[Value(float(i == 0)) for i in range(len(LETTERS))] for _ in range(LENGTH)]

started = time.perf_counter()
keys: list[list[Value]] = []
values: list[list[Value]] = []
shares: list[list[Value]] = []  # of all letters so far in what each head sees, at each step from the bar on
answers: list[list[Value]] = []
for step, letter in enumerate(word):
    x = both(linear(letter_table, letter), place_table[step])
    normal = normalized(x)
    keys.append(linear(key, normal))
    values.append(linear(value, normal))
    if step < LENGTH:
        continue  # nothing is said before the bar
    asked, seen = linear(query, normal), list[Value]()
    for head in (slice(start, start + HEAD) for start in range(0, WIDTH, HEAD)):
        shares.append(softmax([dot(asked[head], past[head]) / HEAD**0.5 for past in keys]))
        seen += [dot(shares[-1], [past[i] for past in values]) for i in range(WIDTH)[head]]
    x = both(x, linear(mix, seen))
    x = both(x, linear(narrow, [each.relu() for each in linear(widen, normalized(x))]))
    answers.append(softmax(linear(say, x)))
loss = -sum_of([dot(t, p).log() for t, p in zip(wanted, answers, strict=True)]) / LENGTH
loss.backward()
by_values = time.perf_counter() - started

# 2. The same as a program, for many words at once. What the heads look at is an output.
inputs, outputs = {"word": flat(word), "wanted": flat(wanted)}, {"answers": flat(answers), "shares": flat(shares)}
started = time.perf_counter()
program = compile(loss, inputs=inputs, parameters=parameters, outputs=outputs)
print(f"{len(parameters):,} parameters, compiled in {time.perf_counter() - started:.2f} s. All words, steps and heads:")
forward = program.source.partition("# forward\n")[2].partition("    # the mean loss")[0].strip("\n").splitlines()
print("\n".join(line.split("  #")[0].rstrip() for line in forward))
assert len(forward) < 40

# 3. Training on 800 of the 1,296 words.
words = np.array(list(itertools.product(range(len(LETTERS)), repeat=LENGTH)))
words = np.random.default_rng(0).permutation(words)
read = np.hstack(
    [words, np.full((len(words), 1), BAR), words[:, :0:-1]]
)  # what is said is read again, but for the last
X = np.eye(len(LETTERS) + 1)[read].reshape(len(words), -1)
T = np.eye(len(LETTERS))[words[:, ::-1]].reshape(len(words), -1)
training, held_out = slice(0, 800), slice(800, None)
started = time.perf_counter()
history = Training(program, Adam(0.01), X[training], T[training], batch_size=32).run(20)
by_program = (time.perf_counter() - started) / (20 * 800)
print(f"\ntrained in {16_000 * by_program:.1f} s; loss {history[0]:.3f} -> {history[-1]:.3f}")
print(f"a word takes {1e6 * by_program:.0f} µs, and {1e3 * by_values:.0f} ms value by value, with its graph")

# 4. What it says of words that it has not seen, and what it looks at.
said = program.predict(X[held_out])
spelled = said["answers"].reshape(-1, LENGTH, len(LETTERS)).argmax(axis=2)
accuracy = float(np.mean((spelled == words[held_out, ::-1]).all(axis=1)))
print(f"\n{accuracy:.1%} of {len(spelled)} other words are spelled backwards without a mistake")
assert accuracy > 0.95

print("\nWhat it looks at, on average, before each letter that it says (the head that looks there most):")
print("               " + "".join(f"{place:>6}" for place in ("1st", "2nd", "3rd", "4th", "|", "1st", "2nd", "3rd")))
averages = iter(said["shares"].mean(axis=0))
for answer in range(LENGTH):
    n_places = LENGTH + 1 + answer
    looks = np.array([list(itertools.islice(averages, n_places)) for _ in range(HEADS)])
    print(f"  letter {answer + 1} said" + "".join(f"{share:6.0%}" for share in looks.max(axis=0)))
    assert looks[:, LENGTH - 1 - answer].max() > 0.5  # at the letter that is to be said
