"""Speed, memory and page weights, each beside its budget."""
