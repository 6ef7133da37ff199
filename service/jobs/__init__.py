"""Durable jobs at work: a supervisor claims and watches, a child process trains and commits."""
