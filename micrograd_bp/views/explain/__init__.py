"""Why a gradient is what it is: the paths that it came along, the largest first."""
