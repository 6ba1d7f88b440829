# 地区
AREA_UNKNOWN = 没有代码为 { $area } 的行政区划
PLACE_UNKNOWN = 本地区范围内没有名为“{ $place }”的行政区划
PLACE_AMBIGUOUS = 有几个同名的行政区划，请补充上级名称：{ $candidates }
AREA_DIFFERS = 提示：表中地址与该户当日所在行政区划不一致，已按表中地址记录
AREA_OUTSIDE_HEADER = 此行不属于本次导入的地区（{ $area }）
AREA_LEVEL_WRONG = 行政区划级别不对，应为：{ $expected }
DIVISION_PARENT_MISSING = 上级行政区划（{ $parent }）在当日不存在
