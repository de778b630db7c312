"""The catalogue: categories, sub-categories and fields as data, and all that is derived from them."""
