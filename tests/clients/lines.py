"""A line of JSON in, one SDK call, a line of JSON out: how run.py drives the Python SDKs."""

import json
import sys


def serve(actions):
    """`actions`: name -> f(call, seen); whatever it has put into `seen` when it raises is reported with the error."""
    for line in sys.stdin:
        call = json.loads(line)
        seen = {}
        try:
            actions[call["action"]](call, seen)
        except Exception as error:  # every failure of an SDK is a finding that run.py compares
            seen["error"] = type(error).__name__
            seen["message"] = str(error)
            response = getattr(error, "response", None)
            if response is not None:
                seen["headers"] = dict(response.headers)
        print(json.dumps(seen), flush=True)
