"""What tests share: fictional people, a client, canaries, the fault seam."""
