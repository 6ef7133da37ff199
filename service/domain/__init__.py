"""Frozen records of what the service keeps, and the one table of a job's states. Nothing here touches a disk."""
