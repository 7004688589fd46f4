"""Mime types of the outputs by which a page records what it found. Needs no torch."""

NUMBER = "application/vnd.mim.number+json"
FACT = "application/vnd.mim.fact+json"
DATA = "application/vnd.mim.data+json"
PICTURE = "image/svg+xml"
CLAIMS = "application/vnd.mim.claims+json"
EXPLANATIONS = "application/vnd.mim.explanations+json"
LIVE = "application/vnd.mim.live+json"
