"""The tests of the package, which mirror it."""
