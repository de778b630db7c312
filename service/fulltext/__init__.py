"""Full text: text cut into tokens once in Python, so that every engine finds the same; the engine behind a port."""
