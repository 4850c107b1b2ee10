"""Raw files of the publishers, turned into annotation files by the scripts in tools/data."""
