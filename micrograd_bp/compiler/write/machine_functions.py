"""The functions of numbers that there is machine code for."""

INTRINSICS = {"abs": "fabs", "round": "rint"} | {
    name: name for name in ("pow", "exp2", "log", "log2", "log10", "sqrt", "sin", "cos", "floor", "ceil", "trunc")
}
"""Functions that LLVM knows, by its names."""

LIBRARY = {
    *("asin", "acos", "atan", "atan2", "asinh", "acosh", "atanh", "tan", "sinh", "cosh"),
    *("math.exp", "expm1", "log1p", "cbrt", "hypot", "erf", "erfc", "lgamma"),
}
"""Functions of the C library."""

WRITTEN_OUT = {
    "maximum": "a if a >= b or a != a else b",
    "minimum": "a if a <= b or a != a else b",
    "sign": "1.0 if a > 0.0 else -1.0 if a < 0.0 else a",
    "degrees": "a * 57.29577951308232",
    "radians": "a * 0.017453292519943295",
    "remainder": "fmod(a, b) + (b if fmod(a, b) != 0.0 and (fmod(a, b) < 0.0) != (b < 0.0) else 0.0)",
    "floor_divide": "a / b if b == 0.0 else rint((a - fmod(a, b))/b) - (1.0 if remainder(a, b) != fmod(a, b) else 0.0)",
}
"""Functions of the numbers a and b, in terms of others."""

FUNCTIONS = {*INTRINSICS, *LIBRARY, *WRITTEN_OUT, "exp", "fmod", "tanh"}
"""All functions that a text may call."""
