"""Compiled graphs: the programs of this package beside NumPy written by hand and the frameworks that people use.

`by_hand_*.py` is the yardstick: NumPy as one writes it without tuning. Whoever changes it changes all ratios.
"""
