"""The services, with small fakes that refuse, fail and count."""
