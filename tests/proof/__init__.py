"""Long proofs, each with a short form in the suite."""
