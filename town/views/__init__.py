"""The pages of a town's own administration, a module for each idea."""
