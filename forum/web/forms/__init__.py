"""The forms: lengths, formats and labels. Rights and rows are asked elsewhere."""
