"""HTTP that can tell a connection that never stood from a request that nobody answered.

The library's errors do not: of a request whose bytes may have left it says the same as of one for
which no connection was made. Only the latter surely did not reach the hub.
"""

from __future__ import annotations

import socket
import ssl
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.request import (
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    Request,
    build_opener,
)

__all__ = ["NoAnswerError", "NotConnectedError", "opener", "reach"]


class NoAnswerError(Exception):
    """Nobody knows whether the request arrived."""


class NotConnectedError(NoAnswerError):
    """No connection was made: not a byte of the request left."""


class _ConnectedError(Exception):
    """There is a connection, which is all we wanted to know."""


class _Connecting(HTTPConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, HTTPException) as error:  # the latter from a proxy
            raise NotConnectedError(_why(error)) from None


class _Plain(_Connecting):
    """Of http://."""


class _Secure(_Connecting, HTTPSConnection):
    """Of https://; connected when the certificate was found good."""


class _PlainProbe(_Plain):
    def connect(self) -> None:
        super().connect()
        raise _ConnectedError


class _SecureProbe(_Secure):
    def connect(self) -> None:
        super().connect()
        raise _ConnectedError


class _Wire(HTTPHandler, HTTPSHandler):
    """Make requests over connections of these kinds."""

    def __init__(self, plain: type[_Plain], secure: type[_Secure]) -> None:
        super().__init__()
        self._plain, self._secure = plain, secure

    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(self._plain, req)

    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(self._secure, req)


class _NoRedirect(HTTPRedirectHandler):
    """Money is not posted to where somebody points."""

    def redirect_request(self, *_args: object, **_kw: object) -> None:
        return None


def opener() -> OpenerDirector:
    """Return what opens requests; it raises `NotConnectedError` if there is no connection."""
    return build_opener(_NoRedirect, _Wire(_Plain, _Secure))


def reach(url: str, timeout: float) -> None:
    """Connect to an address as a request would, through a proxy if there is one, and hang up.

    Parameters
    ----------
    url : str
    timeout : float
        Seconds.

    Raises
    ------
    NotConnectedError
        If no connection can be made.
    """
    try:
        build_opener(_Wire(_PlainProbe, _SecureProbe)).open(Request(url), timeout=timeout)
    except _ConnectedError:
        return
    except (OSError, HTTPException, ValueError) as error:  # an address that is none
        raise NotConnectedError(_why(error)) from None


def _why(error: Any) -> str:
    if isinstance(error, socket.gaierror):
        return "name not known"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "it does not speak TLS, which https:// needs"
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(words).lower() if isinstance(error, ConnectionError) else str(words)
