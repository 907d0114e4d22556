"""Tieout: keeps a software company's data and its customers' books in step, to the cent."""
