# @TITLE@
# Python 3.8 or newer, standard library only. Wants the key in PORTICO_KEY.

import json
import os
import random
import sys
import time
import urllib.error
import urllib.request

URL = "@URL@"
KEY = "@KEY@"
PARAMETERS = {"@PARAMETERS@"}
ROW = {
    "@ROW@",
}


def score(rows, tries=6):
    """Score rows (dictionaries by column); return one dictionary for each, in the same order."""
    body = {"Inputs": {"input1": rows}, "GlobalParameters": PARAMETERS}
    request = urllib.request.Request(
        URL,
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
        method="POST",
    )
    for attempt in range(1, tries + 1):
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["Results"]["output1"]
        except urllib.error.HTTPError as error:
            # The limit was reached: wait as long as the answer says, and longer from try to try.
            if error.code not in (429, 503) or attempt == tries:
                sys.exit(explained(error.code, error.read()))
            wait = random.uniform(0.5, 1) * 2 ** (attempt - 2)
            said = error.headers.get("Retry-After", "")
            time.sleep(max(wait, int(said) if said.isdigit() else 0))


def explained(status, body):
    """An error's code, message and details, one a line."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return f"{status}: {body.decode(errors='replace')}"
    lines = [f"{status} {error['code']}: {error['message']}"]
    for detail in error.get("details", []):
        where = f" ({detail['target']})" if detail.get("target") else ""
        lines.append(f"  {detail['code']}{where}: {detail['message']}")
    return "\n".join(lines)


for scored in score([ROW]):
    print(scored)
