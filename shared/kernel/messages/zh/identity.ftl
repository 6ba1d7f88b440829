# 引用与身份
REFERENCE_NOT_FOUND = 找不到所引用的记录（{ $collection }）
REFERENCE_AMBIGUOUS = 所引用的内容对应多条记录（{ $collection }），请填写编号
REFERENCE_KIND_WRONG = 引用的记录类别不对，应为：{ $collection }
REGISTERED_ELSEWHERE = 已在其他县市登记：{ $county }
IDENTITY_AMBIGUOUS = 所填内容对应多条记录，请核对：{ $candidates }
DUPLICATE_IN_FILE = 与文件第 { $row } 行重复
VALUE_TAKEN = “{ $key }”已被另一条记录使用
