"""The pages of a town that its own people see to."""
