"""Where jobs run: the pool (the gateway's side, torch-free), the process of one device, and one job's way in it."""
