"""The OpenADR 3.1 VTN below ``/openadr3/3.1.0``: words, errors and document are the specification's, not /v1's."""
