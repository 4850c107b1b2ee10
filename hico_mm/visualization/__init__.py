"""What figures share. Not imported with ``hico_mm``: training draws nothing."""
