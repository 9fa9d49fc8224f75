"""Read models of the thread page. One function = one page part = a fixed number of statements."""
