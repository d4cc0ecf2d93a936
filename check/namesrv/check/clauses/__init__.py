"""The suite by clause: one module per request, each an ordered list; `suite` holds them all in order."""
