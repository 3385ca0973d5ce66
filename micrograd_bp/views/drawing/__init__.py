"""The gradient flow as a picture: `draw` and what it is made of."""
