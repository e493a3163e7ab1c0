"""Programs for those who work on aigpu; nothing of this is in the wheel."""
