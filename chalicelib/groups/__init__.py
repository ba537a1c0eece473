"""Group books: organizations, invitations, memberships, snapshots."""
