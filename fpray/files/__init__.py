"""Files, paths and text from outside: names, safe writing and reading, and the directory of fpray's own."""
