"""Files are refused but where a page asks for one, of whoever may open that page: elsewhere they are read to the end of
nothing, and kept nowhere.
"""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler

from accounts.access import has_role, town_of


class OnlyWhereAsked(TemporaryFileUploadHandler):
    """A page that asks for a file says so with `takes_files_up_to` bytes, all of its form together; one that anybody
    opens says of whom too (`may_send_files`, of the request).

    This runs before the page does: a form is read as soon as its token is looked for.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 - Django's name for it
        content_length: int,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        self.is_wanted = content_length <= self._longest()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if not self.is_wanted:
            raise SkipFile
        super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return super().receive_data_chunk(raw_data, start) if self.is_wanted else None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return super().file_complete(file_size) if self.is_wanted else None

    def upload_interrupted(self) -> None:
        if hasattr(self, "file"):
            super().upload_interrupted()

    def _longest(self) -> int:
        """How long a form with a file may be that this person sends to this page."""
        request = self.request
        found = request.resolver_match if request is not None else None
        page: Any = found.func if found else None
        longest = getattr(page, "takes_files_up_to", 0)
        if not longest:
            return 0
        assert request is not None
        city = town_of(request)
        if city is None:
            return 0
        may_send = getattr(page, "may_send_files", None)
        is_theirs = may_send(request) if may_send else has_role(request.user, city, page.audience)
        return longest if is_theirs else 0
