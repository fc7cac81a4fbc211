"""Work off the GUI thread: the engine behind workers, frozen records across."""
