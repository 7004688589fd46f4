"""How to look inside any transformer of the site; knows of no claim and of no page."""
