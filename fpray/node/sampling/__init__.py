"""What a role actor reads of its processes and its machine once a second while clients measure, without disturbing."""
