"""The page: the drawing and the steps of the backward pass as one HTML file that works from disk."""
