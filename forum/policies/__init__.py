"""The may-questions. Pure functions over an actor and facts; no database, no request."""
