"""What the program is made of and what comes with it, for the Help menu; no widgets."""
