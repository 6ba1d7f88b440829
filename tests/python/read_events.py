"""Follows the change feed over HTTP with the official SDK of CloudEvents, from a cursor to the head.

    read_events.py URL TOKEN      prints one JSON object: every event as the SDK read it, and where to go on
"""

import json
import re
import sys
import urllib.request

from cloudevents.core.formats.json import JSONFormat


def batch(url, token):
    request = urllib.request.Request(url, headers={"authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.headers["content-type"] == "application/cloudevents-batch+json"
        following = re.search(r'<([^>]*)>; rel="next"', answer.headers["link"])
        return json.load(answer), following.group(1)


def main(url, token):
    root = re.match(r"https?://[^/]*", url).group(0)
    seen = []
    while True:
        events, path = batch(url, token)
        # The SDK refuses what is no CloudEvent of version 1.0.
        seen += [JSONFormat().read(None, json.dumps(event)) for event in events]
        url = root + path
        if not events:
            break
    told = [
        {
            "source": event.get_source(),
            "id": event.get_id(),
            "type": event.get_type(),
            "subject": event.get_subject(),
            "seconds": event.get_time().timestamp(),
            "area": event.get_extension("area"),
            "name": event.get_data()["name"],
        }
        for event in seen
    ]
    json.dump({"events": told, "next": path}, sys.stdout, ensure_ascii=False)


main(*sys.argv[1:])
