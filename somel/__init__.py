"""The command line and the embedded servers: what wires the parts into one platform."""
