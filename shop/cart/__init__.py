"""What a visitor has gathered. Nothing is promised and nothing is held."""
