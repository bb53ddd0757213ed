"""One figure a question: plain rows in, an SVG text out."""
