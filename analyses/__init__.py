"""The solutions: everything that is computed from a checkpoint."""
