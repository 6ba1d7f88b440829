# 사람
ID_NUMBER_LENGTH = 신분증번호는 18자리여야 합니다
ID_NUMBER_CHARACTERS = 신분증번호의 앞 17자리는 수자, 18번째 자리는 수자 또는 X여야 합니다
ID_NUMBER_DATE = 신분증번호의 7~14번째 자리가 옳은 출생날자가 아닙니다
ID_NUMBER_CHECKSUM = 신분증번호의 18번째 자리 검증코드가 맞지 않습니다
DISABILITY_CERTIFICATE_INVALID = 장애인증번호가 틀립니다. 신분증번호에 류형과 등급을 더한 20자리(재발급은 22자리)여야 합니다
DISABILITY_CERTIFICATE_DIFFERS = 장애인증번호와 신분증번호가 같은 사람의것이 아닙니다
BIRTH_DATE_DIFFERS = 출생날자가 신분증번호의 7~14번째 자리와 맞지 않습니다
SEX_DIFFERS = 성별이 신분증번호의 17번째 자리와 맞지 않습니다
MEMBERSHIP_OVERLAPS = 이 사람은 같은 기간에 다른 호의 성원으로 등록되여있습니다
HOUSEHOLD_HEAD_COUNT = 호마다 호주가 꼭 한명이여야 하는데 지금 { $found }명입니다
