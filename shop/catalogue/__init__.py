"""Products and what is said about them: texts, variants, prices, pictures, facets."""
