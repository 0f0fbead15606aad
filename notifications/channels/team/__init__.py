"""A town's team talks in a place of its own: what rings for tonight and changes of the rota stand there too."""
