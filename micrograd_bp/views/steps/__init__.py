"""The backward pass as data: one `Step` for each contribution, and how it is written."""
