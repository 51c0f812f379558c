"""The tourism pass: products, sales, first use, settlement."""
