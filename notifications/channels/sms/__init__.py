"""SMS, through a gateway that the installation names in its settings; answers come back by it."""
