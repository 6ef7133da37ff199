"""Models at the ready: loaded once, predicted with by many threads."""
