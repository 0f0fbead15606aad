from django.apps import AppConfig


class FollowupsConfig(AppConfig):
    name = "followups"

    def ready(self) -> None:
        from followups import messages, replies
        from notifications import answers, reasons

        reasons.register(messages.REASONS)
        answers.register({"followup_question": replies.take})
