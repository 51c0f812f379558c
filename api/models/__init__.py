"""What the API says and accepts, as pydantic models; every field has an example."""
