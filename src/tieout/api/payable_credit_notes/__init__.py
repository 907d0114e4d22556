"""Payable credit notes: what vendors credit to an entity, on bills of theirs or without one."""
