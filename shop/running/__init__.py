"""Starting and watching the processes of one installation. Knows settings, no shop."""
