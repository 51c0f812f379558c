"""Bodies of the OpenADR VTN, as strict as the specification."""
