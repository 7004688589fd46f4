"""What may be said of a model: claims and explanations put to the test, and proofs."""
