"""What delivery costs, how long it takes, and where a buyer can collect."""
