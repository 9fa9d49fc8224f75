"""What brings other forums in: saved Discuz pages and, later, live Discuz databases."""
