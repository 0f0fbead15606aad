"""What the desk and associations are told stands on the site as well, beside the channel that rings."""
