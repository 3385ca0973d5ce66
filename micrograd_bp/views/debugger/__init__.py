"""The chain-rule debugger: its commands, its breakpoints and its screens."""
