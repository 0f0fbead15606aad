from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "matching"

    def ready(self) -> None:
        from accounts import consequences
        from matching import (
            answering,
            board,
            consented,
            engagements,
            invitations,
            linked_towns,
            message_reasons,
            met_needs,
            replies,
            selectors,
            telling,
            tonight,
        )
        from matching.conditions import condition_words
        from matching.messages import going_on, households, to_people
        from matching.scanning import announcing
        from needs import turns as needs
        from notifications import answers, contacts, fallbacks, reasons
        from notifications import invitations as notified
        from notifications.wording import texts
        from offers import engagements as offers_engaged
        from offers import met_needs as offers_met

        consequences.register(consented.CONSEQUENCE)
        reasons.register(message_reasons.reasons(), message_reasons.gone())
        reasons.register_deadlines(message_reasons.deadlines())
        reasons.register(tonight.reasons(), tonight.GONE)
        reasons.register(linked_towns.reasons(), linked_towns.GONE)
        reasons.register(answering.reasons(), answering.GONE)
        reasons.register(announcing.reasons(), announcing.GONE)
        answers.register(replies.ANSWERS, replies.PAGES)
        contacts.register(
            {"match_confirmed": selectors.contact_told}, {"match_confirmed": selectors.contact_still_open}
        )
        fallbacks.register(telling.FALLBACKS)
        notified.register(invitations.INVITATIONS)
        needs.register(board.TURNS)
        offers_met.register(met_needs.count)
        offers_engaged.register(engagements.tell)
        texts.register(
            [*to_people.TEXTS, *households.TEXTS, *going_on.TEXTS, condition_words.CONDITION_QUESTION]
        )
