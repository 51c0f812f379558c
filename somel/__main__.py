"""``python -m somel``."""

from somel.cli import main

main()
