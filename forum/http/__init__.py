"""What pages and the panel share: who asks, addresses, errors, headers, templates."""
