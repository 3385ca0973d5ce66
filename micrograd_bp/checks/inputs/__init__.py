"""The ways in which somebody's code may be called: inputs that fit are guessed from names and shapes, and tried."""
