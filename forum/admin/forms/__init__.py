"""The forms of the control panel: labels, lengths and formats. Rights and rows are asked elsewhere."""
