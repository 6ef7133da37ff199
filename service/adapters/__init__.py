"""The world behind the ports: a relational database and a store of artefacts."""
