"""How the simulator paints: everything here runs in the painter's own processes, never on the server's event loop."""
