"""Make the golden vectors: ``python -m tests.firmware_specs.making``. Expected outcomes are written by hand here."""
