"""`python -m micrograd_bp …` is `micrograd-bp …`."""

import sys

from micrograd_bp.cli import main

sys.exit(main())
