"""The subcommands of ``somel``, one module each."""
