"""Who may enter the desk, how they prove it, and what they did."""
