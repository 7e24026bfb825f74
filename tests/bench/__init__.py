"""``make bench``: what the shop costs, beside the limits, in the same run."""
