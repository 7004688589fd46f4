"""Stills: the picture of a figure that a page shows first, prints, and shows without JavaScript.

Drawn at build from the description that the interactive figure is drawn from, as HTML and inline
SVG whose coordinates are shares of the plot: one still fits every width, its colours are those of
the reader's palette, its letters those of the page. A map of 51 x 51 takes 4 kB of gzip; Vega,
through vl-convert, made 56 kB of it, for one width and one palette.
"""
