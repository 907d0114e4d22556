"""The accounting API: the records of an organisation, their rules, and the journal they make."""
