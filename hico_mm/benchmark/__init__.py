"""Pre-trainings, their tasks and trainings with labels, run and set side by side."""
