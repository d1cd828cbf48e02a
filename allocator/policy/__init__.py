"""What a program says, and what it means for one table of users."""
