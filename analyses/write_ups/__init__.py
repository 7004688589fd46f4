"""How evidence becomes a page: executed, compared with what is committed, drawn and shown."""
