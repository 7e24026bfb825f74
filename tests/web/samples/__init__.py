"""Made-up values for every page; ``tests.web.gallery`` puts them together."""
