"""The debug adapter: the chain-rule debugger in the editors that speak the Debug Adapter Protocol."""
