"""What can go wrong in a call, as one tree.

ClientError              anything below, in one sentence for a person
├── Unreachable          no answer came at all
└── Refused              the service answered with a problem: its status, code and details
"""

from typing import Any

import httpx


class ClientError(Exception):
    """A call did not succeed."""


class Unreachable(ClientError):
    """No answer came at all."""


class Refused(ClientError):
    """The service answered with a problem."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        """Take the status and the members of the problem."""
        sentence = problem.get("detail") or problem.get("error") or f"The service answered {status}."
        faults = [
            f"{fault['pointer']}: {fault['detail']}"
            for fault in problem.get("errors", ())
            if fault["detail"] != sentence
        ]
        ClientError.__init__(self, " ".join([sentence, *faults]))
        self.status = status
        self.problem = problem


def refused(response: httpx.Response) -> Refused:
    """The problem of an answer that is an error."""
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    return Refused(response.status_code, problem if isinstance(problem, dict) else {})
