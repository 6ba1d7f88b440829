"""A clerk at a form: `clerk.py fill FORM.xlsx` fills in 200 rows, seven of them with a mistake; `clerk.py correct ERRORS.xlsx`
puts right what came back. The form is 户主及成员信息 for the village of 龙岩村 and its neighbour."""

import datetime
import sys

import openpyxl

# Sheet, its row of those below, the column, and what is written there.
MISTAKES = [
    ("户信息", 59, "户主证件号码", "222405195002039999"),
    ("户信息", 60, "行政村", "没有的村"),
    ("成员信息", 59, "与户主关系", "邻居"),
    ("成员信息", 60, "出生日期", "1949-02-30"),
    ("成员信息", 61, "证件号码", 222405194903010018),
    ("收入信息", 1, "工资性收入", "一千"),
    ("收入信息", 2, "转移性收入", "#N/A"),
]


def household_no(number):
    return f"222405100201{number:04}"


def id_number(number):
    digits = f"22240519500201{number:03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return digits + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(digits, weights)) % 11]


def household(number):
    return {
        "县市": "龙井市", "乡镇": "朝阳川镇", "行政村": "光石村" if number % 2 else "龙岩村",
        "户编号": household_no(number), "户主姓名": "金顺子", "户主证件号码": id_number(number),
        "联系电话": "13844331234", "贫困户属性": "一般贫困户", "主要致贫原因": "因病", "识别年度": 2014,
        "脱贫属性": "未脱贫", "耕地面积(亩)": 3.5,
    }


def head(number):
    return {
        "户编号": household_no(number), "人编号": f"r{number}", "姓名": "金顺子", "证件号码": id_number(number),
        "出生日期": datetime.date(1950, 2, 1), "民族": "朝鲜族", "与户主关系": "户主", "健康状况": "健康",
    }


def spouse(number):
    return {
        "户编号": household_no(number), "人编号": f"r{number + 58}", "姓名": "朴大山", "性别": "男",
        "出生日期": "1949年3月1日", "民族": "汉族", "与户主关系": "配偶", "健康状况": "长期慢性病、残疾",
    }


def income(number):
    return {
        "户编号": household_no(number), "年度": 2015, "起始月": "2014年10月", "截止月": "2015-09",
        "工资性收入": "1,200元", "生产经营性收入": 3000, "财产性收入": 0, "转移性收入": "0.15万元",
        "生产经营性支出": 500, "家庭纯收入": 5200, "人均纯收入": 2600 if number <= 27 else 5200,
    }


# Nothing rests on a row with a mistake: the last two households have nobody in them, the first three no income.
ROWS = {
    "户信息": [household(number) for number in range(1, 61)],
    "成员信息": [head(number) for number in range(1, 59)] + [spouse(number) for number in range(1, 28)],
    "收入信息": [income(number) for number in range(4, 59)],
}


def main(what, path):
    book = openpyxl.load_workbook(path)
    for name, rows in ROWS.items():
        sheet = book[name]
        header = next(row for row in sheet.iter_rows(max_row=5) if any(cell.value == "户编号" for cell in row))
        columns = {cell.value: cell.column for cell in header if cell.value}
        first = header[0].row + 1
        if what == "fill":
            for number, row in enumerate(rows):
                for title, value in row.items():
                    sheet.cell(first + number, columns[title], value)
        for _, number, title, wrong in (mistake for mistake in MISTAKES if mistake[0] == name):
            if what == "fill":
                sheet.cell(first + number - 1, columns[title], wrong)
            else:
                # 行号 is the number of the row in the form, where the first one is 4.
                lines = sheet.iter_rows(min_row=first)
                line = next(line for line in lines if line[columns["行号"] - 1].value == number + 3)
                sheet.cell(line[0].row, columns[title], rows[number - 1].get(title, ""))
    book.save(path)


main(*sys.argv[1:])
