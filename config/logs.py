"""Logs tell identifiers alone: one formatter for site, workers, scheduler and every command (docs/adr/0035).

Of an exception: what it is, codes, names of the schema, and the places in our code; never its message, which quotes
what people typed. Of a request: the route, never the address, in which tokens and names stand. Of a task: its name and
its id.
What PostgreSQL and Valkey write by themselves is bounded where they are started (config/embedded.py).
"""

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import ItemsView, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any

import django.db
import kombu.exceptions
import psycopg
import redis
from celery import current_task
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.utils.functional import SimpleLazyObject, empty
from django.views.debug import SafeExceptionReporterFilter

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)

# Their messages speak of our code, or of a server that is out of reach.
SPEAK_OF_US = (
    AttributeError, ImportError, ImproperlyConfigured, NameError, TemplateDoesNotExist, TemplateSyntaxError,
    kombu.exceptions.OperationalError, redis.ConnectionError, redis.TimeoutError,
)  # fmt: skip
# PostgreSQL's states of the same kind: connection, authentication, no such database, resources, operators, system.
SPEAK_OF_THE_SERVER = ("08", "28", "3D", "53", "57", "58")
CODES = ("errno", "smtp_code", "status_code", "exitcode")
# Parts of other people's log lines that hold what was given to a task, or what it said at its end.
NOT_TOLD = {"args", "kwargs", "exc", "traceback", "return_value"}
# Said by a request beyond what all its lines say.
OF_A_REQUEST = ("method", "status", "ms")
ANY_ADDRESS = re.compile(r"(?:\w+:/)?/\S*")
# A second net, for what somebody else puts into a line after all.
PERSONAL = re.compile(r"[^\s<>\"'(),;:=\[\]]+@[^\s<>\"'(),;:=\[\]]+\.\w+|\+\d{8,15}\b")


# --- What is under way ---------------------------------------------------------------------------------


@contextmanager
def during(request: HttpRequest) -> Iterator[None]:
    """Each line in here says of which request it is."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def under_way(request: HttpRequest | None = None) -> dict[str, Any]:
    """Identifiers of the request or the task that a line belongs to; the request, where the line itself has it."""
    told: dict[str, Any] = {}
    if (request := request or _request.get()) is not None:
        told |= {
            "request": getattr(request, "request_id", None),
            "route": route(request),
            "town": getattr(getattr(request, "_town", None), "slug", None),
            "user": _user_of(request),
        }
    if current_task:
        told |= {"task": current_task.request.id, "task_name": current_task.name}
    return {name: value for name, value in told.items() if value is not None}


def route(request: HttpRequest) -> str:
    """The pattern of the address, in which no token and no name stands; "-" for an address of nothing."""
    return f"/{request.resolver_match.route}" if request.resolver_match else "-"


def _user_of(request: HttpRequest) -> int | None:
    if getattr(request, "unnamed", False):
        return None  # a page promises that nobody knows who wrote
    user: Any = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject) and user.__dict__["_wrapped"] is empty:
        return None  # nobody has asked who it is; a line of log does not either
    return getattr(user, "pk", None)


# --- What is said of an exception ----------------------------------------------------------------------


def describe(error: BaseException) -> str:
    """What an exception is, without what it quotes: `IntegrityError 23505 accounts_user user_email_key`."""
    told = [type(error).__name__]
    of_the_driver = error.__cause__ if isinstance(error, django.db.Error) else error
    if isinstance(of_the_driver, psycopg.Error):
        told += _of_the_database(of_the_driver)
    told += [str(code) for name in CODES if isinstance(code := getattr(error, name, None), int)]
    if isinstance(error, OSError) and error.strerror:
        told.append(error.strerror)
    if isinstance(error, SPEAK_OF_US):
        told.append(str(error))
    return " ".join(told)


def _of_the_database(error: psycopg.Error) -> list[str]:
    diag = error.diag
    told = [
        word for word in (error.sqlstate, diag.table_name, diag.column_name, diag.constraint_name) if word
    ]
    if isinstance(error, psycopg.OperationalError) and (
        not error.sqlstate or error.sqlstate.startswith(SPEAK_OF_THE_SERVER)
    ):
        told.append(str(error).partition("\n")[0])
    return told


def places(error: BaseException, seen: frozenset[int] = frozenset()) -> list[str]:
    """The traceback of an exception and of those before it: files, lines, functions, and what each exception is."""
    lines: list[str] = []
    seen |= {id(error)}
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        lines += places(before, seen)
    found = traceback.extract_tb(error.__traceback__)
    lines += [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in found]
    lines.append(describe(error))
    for inner in error.exceptions if isinstance(error, BaseExceptionGroup) else ():
        lines += places(inner, seen)
    return lines


# --- What is said in a line ----------------------------------------------------------------------------


def _told(value: Any) -> Any:
    """Part of a line, without addresses and the words of an exception."""
    if isinstance(value, BaseException):
        return describe(value)
    if isinstance(value, str):
        return ANY_ADDRESS.sub("…", value) if "/" in value else value
    if isinstance(value, Mapping):
        return {name: "…" if name in NOT_TOLD else _told(part) for name, part in value.items()}
    return value


def message(record: logging.LogRecord) -> str:
    """The words of a line. Django's own about a request quote its address, or what was sent: they are replaced."""
    if record.name == "django.request" or record.name.startswith("django.security"):
        status = getattr(record, "status_code", None)
        return HTTPStatus(status).phrase if status else record.name
    words: Any = record.msg
    if isinstance(words, BaseException):
        return describe(words)
    words = str(words)
    try:
        if isinstance(record.args, Mapping):
            words = words % _told(record.args)
        elif record.args:
            words = words % tuple(map(_told, record.args))
    except (TypeError, ValueError, KeyError):
        words += " (with values that do not fit)"  # Python itself would print them
    # Where the words of an exception stand in the line itself: the one that is told, or is being handled just now.
    for error in {record.exc_info[1] if record.exc_info else None, sys.exc_info()[1]}:
        quoted = str(error or "").strip()
        if error is not None and quoted:
            words = words.replace(quoted, describe(error))
    return PERSONAL.sub("…", words) if "@" in words or "+" in words else words


class NoHeartbeats(logging.Filter):
    """Each worker has one every few seconds: only what goes wrong with one is told."""

    def filter(self, record: logging.LogRecord) -> bool:
        of_whom = record.args.get("name") if isinstance(record.args, Mapping) else None
        return record.levelno > logging.INFO or of_whom != "config.tasks.heartbeat"


class Line(logging.Formatter):
    """A line that people read: the demonstration and development."""

    def format(self, record: logging.LogRecord) -> str:
        told = " ".join(f"{name}={value}" for name, value in _facts(record).items())
        when = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = f"{when} {record.levelname} {record.name} {message(record)}"
        return "\n".join([f"{line} [{told}]" if told else line, *_places(record)])


class Json(logging.Formatter):
    """A line that machines read: one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message(record),
            **_facts(record),
        }
        if where := _places(record):
            told |= {"error": where[-1].strip(), "places": where}
        return json.dumps(told, ensure_ascii=False, default=str)


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    said = {name: getattr(record, name) for name in OF_A_REQUEST if hasattr(record, name)}
    # Django speaks of an answer when the request is over for us.
    request = getattr(record, "request", None)
    return under_way(request if isinstance(request, HttpRequest) else None) | said


def _places(record: logging.LogRecord) -> list[str]:
    error = record.exc_info[1] if record.exc_info else None
    return places(error) if error is not None else []


# --- What ends a process, and pages of errors ----------------------------------------------------------


def take_the_last_word() -> None:
    """What nobody catches is told as everything else is, rather than with the words of the exception."""
    log = logging.getLogger("accorde")

    def of_the_process(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            log.critical("the process ends", exc_info=(kind, error, trace))

    def of_a_thread(ended: threading.ExceptHookArgs) -> None:
        if ended.exc_value is not None:
            log.critical("a thread ends", exc_info=(ended.exc_type, ended.exc_value, ended.exc_traceback))

    sys.excepthook, threading.excepthook = of_the_process, of_a_thread


class NothingOfTheRequest(SafeExceptionReporterFilter):
    """In a report of an error, whoever asks for one, nothing that was sent and no value of a variable."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        sent = request.POST if request is not None else {}
        return dict.fromkeys(sent, self.cleansed_substitute)

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: Any
    ) -> ItemsView[str, Any]:
        return dict.fromkeys(tb_frame.f_locals, self.cleansed_substitute).items()
