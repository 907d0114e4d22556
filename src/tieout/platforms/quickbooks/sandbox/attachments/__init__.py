"""Files and notes that hang on objects: what they are, how files come in, where they are kept, how they go out."""
