"""Reads published figures as a table, by a client of statistics agencies (SDMX).

    pip install sdmx1
    GATEWAY=http://127.0.0.1:7400 TOKEN=… python proto/examples/figures.py prefecture-2017 2017 REF_AREA=222405
"""

import os
import sys

import sdmx

flow, year, *wanted = sys.argv[1:]
sdmx.add_source(
    {
        "id": "XIUHUA",
        "name": "xiuhua",
        "url": f"{os.environ['GATEWAY']}/sdmx",
        "data_content_type": "JSON",
        # The form that this client reads.
        "headers": {"data": {"Accept": "application/vnd.sdmx.draft-sdmx-json+json"}},
    }
)
client = sdmx.Client("XIUHUA")
client.session.headers["Authorization"] = f"Bearer {os.environ['TOKEN']}"
key = dict(part.split("=", 1) for part in wanted)
message = client.data(flow, key=key or "all", params={"startPeriod": year, "endPeriod": year})
table = sdmx.to_pandas(message.data[0], attributes="o").reset_index()
for attribute in ("UNIT", "OBS_STATUS", "FIGURE_KIND"):
    table[attribute] = table[attribute].map(lambda value: getattr(value, "id", value))
# A figure that is not available has no value; its OBS_STATUS says why.
table.to_csv(sys.stdout, index=False)
