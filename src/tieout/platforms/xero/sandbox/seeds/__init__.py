"""The organisations that exist when the simulator starts, and the generator that fills one."""
