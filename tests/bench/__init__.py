"""How fast is the forum, and how near to what its server can do at all? `make bench` tells."""
