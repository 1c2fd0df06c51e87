"""The pure rules, as tables of cases and properties."""
