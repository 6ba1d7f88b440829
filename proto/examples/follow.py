"""Follows what is changed, as CloudEvents, from where it stopped last time.

    pip install cloudevents
    GATEWAY=http://127.0.0.1:7400 TOKEN=… python proto/examples/follow.py cursor.txt
"""

import json
import os
import pathlib
import sys
import urllib.error
import urllib.parse
import urllib.request

from cloudevents.core.formats.json import JSONFormat

kept = pathlib.Path(sys.argv[1])
batch = True
while batch:
    query = urllib.parse.urlencode({"cursor": kept.read_text() if kept.exists() else "", "limit": 100})
    request = urllib.request.Request(f"{os.environ['GATEWAY']}/v1/events?{query}")
    request.add_header("authorization", f"Bearer {os.environ['TOKEN']}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            batch = json.load(answer)
    except urllib.error.HTTPError as refusal:
        sys.exit(refusal.read().decode())
    for received in batch:
        event = JSONFormat().read(None, json.dumps(received))
        # The work; what comes again has the same source and id.
        told = [event.get_source(), event.get_id(), event.get_type(), event.get_time().isoformat()]
        print(*told, event.get_extension("area"), sep="\t", flush=True)
        # Kept after the work and at one stroke: whoever is stopped in between sees an event again, and misses none.
        part = kept.with_suffix(".part")
        part.write_text(event.get_extension("cursor"))
        part.replace(kept)
