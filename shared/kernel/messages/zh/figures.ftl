# 指标与报表
INDICATOR_UNKNOWN = 没有指标“{ $indicator }”
FIGURE_UNKNOWN = 报表中没有数据项“{ $figure }”
TEMPLATE_UNKNOWN = 没有报表模板“{ $template }”
SNAPSHOT_UNKNOWN = 没有快照“{ $snapshot }”
SNAPSHOT_EXISTS = 快照“{ $snapshot }”已存在
KNOWN_AT_NOT_CLOSED = 截至该时刻的记录尚未全部入库，请稍后再试
KNOWN_AT_IN_FUTURE = 记录时刻不能晚于现在
PERIOD_INVALID = 期间不对，或该指标不适用此类期间
LEVEL_NOT_DECLARED = 指标“{ $indicator }”没有此级别（{ $level }）的数据
