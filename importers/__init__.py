"""Files become drafts here: reading, cleaning and mapping; never storing."""
