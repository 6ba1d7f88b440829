# 整个请求
VALIDATION_FAILED = 有 { $count } 处不符合要求，请逐项更正
RULES_BROKEN = 有 { $count } 条规定不允许这样办理，请逐项查看
