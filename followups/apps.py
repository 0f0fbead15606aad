from django.apps import AppConfig


class FollowupsConfig(AppConfig):
    name = "followups"

    def ready(self) -> None:
        from accounts.services import register_leaving
        from followups import messages, replies, services
        from notifications import answers, reasons
        from notifications.wording import texts

        register_leaving(services.leaves_team)
        reasons.register(messages.REASONS, messages.GONE)
        answers.register({"followup_question": replies.take})
        texts.register(
            [
                messages.QUESTION,
                messages.CHECK_IN,
                messages.GIVEN_BACK,
                messages.TAKEN_BACK,
                messages.WAS_READ,
            ]
        )
