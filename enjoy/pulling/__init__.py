"""Sources that records are pulled from: fetched, read, mapped to the contract, and asked again in time."""
