"""Files that callers send with their records: kept in the database, shown with a link."""
