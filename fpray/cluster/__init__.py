"""The driver's side of the machines: attaching to Ray, allocating machines to trials, the launcher."""
