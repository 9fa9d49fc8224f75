"""What people do with their accounts: join, log in, change, keep, hand over. One file a verb."""
