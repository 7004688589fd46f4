"""How the other models of a problem, trained from other seeds, are shown."""
