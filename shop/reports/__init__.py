"""What staff look at across features: reading only."""
