"""Puts cells into a workbook as a clerk does: `fill_form.py WORKBOOK CELLS`.

CELLS is a JSON file {"sheet": [{"row": 4, "cells": {"title": value}}]}. A row is the one of the sheet; with "of": number it
is the one whose 行号 is that number. A value {"day": "2015-12-31"} becomes a day of the spreadsheet.
"""

import datetime
import json
import sys

import openpyxl

path, cells = sys.argv[1:]
book = openpyxl.load_workbook(path)
with open(cells, encoding="utf-8") as file:
    wanted = json.load(file)
for name, rows in wanted.items():
    sheet = book[name]
    header = next(row for row in sheet.iter_rows(max_row=5) if any(cell.value == "户编号" for cell in row))
    columns = {cell.value: cell.column for cell in header if cell.value}
    for row in rows:
        number = row.get("row")
        if "of" in row:
            known = sheet.iter_rows(min_row=header[0].row + 1)
            number = next(line[0].row for line in known if line[columns["行号"] - 1].value == row["of"])
        for title, value in row["cells"].items():
            if isinstance(value, dict):
                value = datetime.date.fromisoformat(value["day"])
            sheet.cell(row=number, column=columns[title], value=value)
book.save(path)
print(sum(len(rows) for rows in wanted.values()))
