# @TITLE@
# Python 3.8 or newer with requests (pip install requests). Wants the key in PORTICO_KEY.

import os
import random
import sys
import time

import requests

URL = "@URL@"
KEY = "@KEY@"
PARAMETERS = {"@PARAMETERS@"}
ROW = {
    "@ROW@",
}


def score(rows, tries=6):
    """Score rows (dictionaries by column); return one dictionary for each, in the same order."""
    body = {"Inputs": {"input1": rows}, "GlobalParameters": PARAMETERS}
    headers = {"Authorization": f"Bearer {KEY}"}
    for attempt in range(1, tries + 1):
        answer = requests.post(URL, json=body, headers=headers, timeout=120)
        if answer.ok:
            return answer.json()["Results"]["output1"]
        # The limit was reached: wait as long as the answer says, and longer from try to try.
        if answer.status_code not in (429, 503) or attempt == tries:
            sys.exit(explained(answer))
        wait = random.uniform(0.5, 1) * 2 ** (attempt - 2)
        said = answer.headers.get("Retry-After", "")
        time.sleep(max(wait, int(said) if said.isdigit() else 0))


def explained(answer):
    """An error's code, message and details, one a line."""
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code}: {answer.text}"
    lines = [f"{answer.status_code} {error['code']}: {error['message']}"]
    for detail in error.get("details", []):
        where = f" ({detail['target']})" if detail.get("target") else ""
        lines.append(f"  {detail['code']}{where}: {detail['message']}")
    return "\n".join(lines)


for scored in score([ROW]):
    print(scored)
