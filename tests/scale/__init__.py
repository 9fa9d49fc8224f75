"""Several server processes over one PostgreSQL, one Redis and a replica."""
