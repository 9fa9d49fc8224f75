"""Read models of the control panel, one file per page group."""
