# 요청 전체
VALIDATION_FAILED = { $count }곳이 요구에 맞지 않습니다. 하나하나 바로잡아주십시오
RULES_BROKEN = { $count }개 규정에 어긋나 처리할수 없습니다. 하나하나 확인해주십시오
