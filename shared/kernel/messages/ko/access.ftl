# 신분과 권한
AUTHENTICATION_REQUIRED = 먼저 가입하십시오
TOKEN_MALFORMED = 가입증명을 알아볼수 없습니다. 다시 가입하십시오
TOKEN_EXPIRED = 가입기한이 지났습니다. 다시 가입하십시오
TOKEN_SIGNATURE = 가입증명의 서명이 틀립니다
TOKEN_REVOKED = 가입증명이 취소되였습니다
PERMISSION_MISSING = 권한이 없습니다: { $permission }
PERMISSION_UNDECLARED = 인터페이스 { $method }에 권한이 정해져있지 않아 모두 거절합니다
AREA_FORBIDDEN = 그 지역({ $area })의 업무를 처리할 권한이 없습니다
PROGRAMME_FORBIDDEN = 그 분야({ $programme })의 업무를 처리할 권한이 없습니다
REVEAL_PURPOSE_REQUIRED = 개인정보를 가리지 않고 보려면 용도와 법적근거를 밝혀야 합니다
REVEAL_FORBIDDEN = 개인정보를 가리지 않고 볼 권한이 없습니다
