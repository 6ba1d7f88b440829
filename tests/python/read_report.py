"""Reads a report with a client of statistics agencies (sdmx1), as a table.

    read_report.py ROOT TOKEN FLOW KEY YEAR      prints one JSON array: area, indicator, year, value, unit, status

KEY is a text such as A.222400. or, as JSON, an object of dimensions, which the client checks against the keys there are.
"""

import json
import math
import sys

import sdmx


def main(root, token, flow, key, year):
    accept = "application/vnd.sdmx.draft-sdmx-json+json"
    sdmx.add_source(
        {
            "id": "XIUHUA",
            "name": "xiuhua",
            "url": f"{root}/sdmx",
            "data_content_type": "JSON",
            "headers": {"data": {"Accept": accept}},
        }
    )
    client = sdmx.Client("XIUHUA")
    client.session.headers["Authorization"] = f"Bearer {token}"
    key = json.loads(key) if key.startswith("{") else key
    message = client.data(flow, key=key, params={"startPeriod": year, "endPeriod": year})
    table = sdmx.to_pandas(message.data[0], attributes="o").reset_index()
    rows = [
        [
            row["REF_AREA"],
            row["INDICATOR"],
            row["TIME_PERIOD"],
            None if row["value"] is None or math.isnan(row["value"]) else row["value"],
            str(getattr(row["UNIT"], "id", row["UNIT"])),
            str(getattr(row["OBS_STATUS"], "id", row["OBS_STATUS"])),
        ]
        for _, row in table.iterrows()
    ]
    json.dump(rows, sys.stdout, ensure_ascii=False)


main(*sys.argv[1:])
