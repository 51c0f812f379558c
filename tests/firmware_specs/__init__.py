"""Tests of the device specification: schemas, CDDL, AsyncAPI and golden vectors agree with each other and the code."""
