"""One file a provider; each exports ``PROVIDER``; the folder is scanned."""
