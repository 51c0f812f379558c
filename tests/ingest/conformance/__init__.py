"""The conformance bench, on right and on wrong gateways."""
