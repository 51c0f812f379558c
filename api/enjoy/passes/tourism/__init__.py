"""The tourism pass as it is served: products, sales, settlement, and the page that a code opens."""
