"""Days and hours in the manner of each language, where the service's differs from Django's."""
