"""From where on another way is faster; for each number the measurement that it comes from."""

SAMPLES_IN_PLAIN_SOURCE = 8
"""Up to so many samples the plain source of matrices runs, not the one in place: its fewer calls weigh more."""

SAMPLES_IN_A_BLOCK = 512
"""Samples in a block, of which the arrays stay in the processor's cache."""

SAMPLES_BY_COLUMNS = 64
"""From so many samples on, products with an axis of samples lie column by column."""

SAMPLES_ON_FLOATS = 16
"""Up to so many samples straight lines run on floats, one after the other, and not on arrays."""

SAMPLES_ON_A_TAPE = 128
"""Likewise a tape."""

OPERATIONS_FOR_A_TAPE = 5_000
"""From so many operations on, a tape is worth loading numba's kernel."""

MOST_STATEMENTS_IN_JAX = 5_000
"""JAX traces each statement, and XLA compiles them: for so many that takes minutes, for twice as many far longer."""

FEW = 8
"""With fewer scalar operations than this for each statement on arrays, arrays cost more than they bring."""

FEW_IN_A_BATCH = 2
"""The same for a batch, for which a statement for each value is one on arrays too."""
