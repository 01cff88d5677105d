"""Matchers and the networks they are made of."""
