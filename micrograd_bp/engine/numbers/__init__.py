"""What a rule runs on: floats, formulas, arrays. None of them knows the table or `Value`."""
