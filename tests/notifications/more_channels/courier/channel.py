from notifications.channel_registry import Channel


def reaches(person):
    return bool(person.email) and person.email.endswith("@mairie.exemple.fr")


CHANNEL = Channel(label="par coursier", preference=10, reaches=reaches)
