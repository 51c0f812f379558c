"""Operations of the OpenADR VTN, one module a noun."""
