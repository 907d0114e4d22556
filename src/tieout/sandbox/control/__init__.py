"""The control surface, under `/_sandbox/`: what is asked of a simulator itself, who may ask, and its rules."""
