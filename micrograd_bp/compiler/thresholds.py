"""From where on which way is faster. `python -m benchmarks.thresholds` measures it again."""


# ---- which form `auto` chooses

FEW = 8
"""With fewer scalar operands than this for each array, there is a statement for each node. With 8 for each array that
takes 41 µs, and arrays 67; with 24 62 and 66; with 63 116 and 69. In between arrays are easier to read."""

FEW_IN_A_BATCH = 2
"""The same for a batch, for which a statement for each value is one on arrays too. With 4 operands for each array that
takes 49 µs on 8 samples, and arrays 71; 123 and 90 on 64. Fewer operands were not measured."""

OPERATIONS_FOR_A_TAPE = 2_000
"""From so many operations on, there is a tape and no statement for each node. With so many the first result of a chain
takes 66 ms in place of 45, most of it to load LLVM, and each further one 0.06 in place of 0.23."""

OPERATIONS_FOR_A_LATER_TAPE, OPERATIONS_BEFORE_A_TAPE = 500, 4_000_000
"""With so many operations statements become a tape when so many have been computed, which took a quarter of a second.
It takes 34 µs for 1,800 in place of 117; for 46 30 in place of 22."""

NUMBER, CALL, ARRAY_ENTRY, ARRAY_PRODUCT = 0.06e-6, 0.8e-6, 0.9e-9, 0.03e-9
"""The seconds that NumPy takes for an operation on single numbers and on arrays, for an entry that it computes, and for
two numbers that are multiplied and added up in a product of matrices. So 48 programs of other people take from half to
twice as long as that, a few that gather many entries four times. 64 images of 784 pixels in 128 neurons take 0.4 ms."""

NATIVE_CALL, NATIVE_ENTRY, NATIVE_PRODUCT = 6.5e-6, 0.8e-9, 0.03e-9
"""What machine code takes for all of a program, and the same for an entry and for a product, twice as much with a large
matrix: 9 µs in place of 66, 287 in place of 485, and 1.1 ms in place of 0.6; 512 samples of 64 numbers in 64 neurons
take 0.26 ms in place of 0.30."""

LARGE_MATRIX = 6_000
"""With more entries than that a matrix is not in the processor's first cache."""

TAPE_CALL, TAPE_SAMPLE, TAPE_OPERAND, TAPE_MADE = 30e-6, 4.5e-6, 2e-9, 4e-6
"""What a tape takes for a call, for a sample and for an operand in it, and what it takes to make it, for each operand:
74 µs in place of 1,000 for 10,000 operations that are 92 lines of arrays with a loop of 30 rounds, 98 in place of 1,700
for 8 samples of a Kalman filter over 100 steps."""

NATIVE_KERNEL, NATIVE_STATEMENT, NATIVE_LOOP, MANY_LOOPS = 0.1, 0.6e-3, 5e-3, 500
"""The seconds that machine code takes to make, also for each statement, and for each loop, twice as much with so many:
0.4 with 60 loops, 1.4 with 213, 7 with 612, 17 with 1,111."""

MOST_NATIVE_LINES = 3_000
"""With more lines there is no machine code: of 1,200 lines LLVM makes it in 2 to 4 seconds, of 2,400 in 7 to 12, of
5,900 in more than 40."""

# ---- which of its texts a program runs

SAMPLES_BY_COLUMNS, FEW_COLUMNS, MATRIX_BY_COLUMNS = 64, 16, 1_000
"""From so many samples on, what has few columns lies column by column, and all products where a matrix has more entries
than that, or columns are read alone: 1,024 images of 784 pixels take 0.9 of the time so, 1,797 digits 0.95, 512 samples
of a recurrent network of 3 neurons 0.83, of an LSTM 0.8; 16 neurons for 2 numbers would take 1.2."""

SAMPLES_IN_A_BLOCK, NUMBERS_IN_AN_ARRAY = 512, 8_000
"""Samples in a block, of which the arrays stay in the processor's cache: so many, and more where arrays have fewer
numbers on average, so that a call takes less than what it computes. 16,000 samples of a Kalman filter over 20 steps
take 0.3 of the time that they take in blocks of 512, and of two layers of 16 neurons 0.8."""

SAMPLES_ON_FLOATS = 16
"""Up to so many samples straight lines run on floats, one after the other, and not on arrays."""

SAMPLES_ON_A_TAPE = 128
"""Up to so many samples a tape runs, and not straight lines on arrays."""

MOST_STATEMENTS = 5_000
"""So many of the forward pass are in a function at most, for which CPython's compiler takes 3 kB each."""

MOST_STATEMENTS_IN_JAX = 5_000
"""JAX traces each statement, and XLA compiles them: for so many that takes minutes, for twice as many far longer."""

# ---- what becomes a loop

FEWEST_ROUNDS = 8
"""Fewer rounds are easier to read one by one. A loop takes as long as its rounds written out: 0.16 ms for 8 of a
recurrent network, 15 ms in place of 21 for 100 of an LSTM, 0.72 ms in place of 0.70 for 50 equal layers."""

CANDIDATES = 8
"""How many arrays of the same structure are tried as that of the round before, the nearest first: a round may have some
that are alike, such as four x·a + b one after the other."""

MOST_ODD_ROUNDS = 2
"""How many rounds at the end of a loop may read other things than those before: each is a look at all rounds."""

MOST_PAIRS = 2
"""How many pairs are followed for each array that there is, until the search is given up: 1.0 where it finds the loop
of a recurrent network, 1.9 where there is none."""

LONG_RECURRENCE, ROUNDS_KEPT = 100_000, 12
"""From so many operations on, what repeats is looked for before anything else, and only so many of its rounds are
compiled: a chain of 200,000 operations in 0.4 s in place of 16, an LSTM of 630,000 in 1.4 in place of 8."""
