"""``python -m somel``."""

from somel.cli import main

if __name__ == "__main__":  # processes that compile kernels import this file again
    main()
