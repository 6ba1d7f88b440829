# 시스템
DATABASE_UNAVAILABLE = 자료기지를 잠시 쓸수 없습니다. 잠시후 다시 해보십시오
SERVICE_UNAVAILABLE = “{ $service }” 봉사를 잠시 쓸수 없습니다. 잠시후 다시 해보십시오
OVERLOADED = 시스템이 바쁩니다. 잠시후 다시 해보십시오
SHUTTING_DOWN = 봉사를 멈추고있습니다. 잠시후 다시 해보십시오
DEADLINE_EXCEEDED = 처리시간이 지났습니다
CANCELLED = 요청이 취소되였습니다
RESUME_TOKEN_INVALID = 이어받기표식이 옳지 않습니다
RESUME_TOKEN_OUT_OF_RANGE = 이어받을 위치가 없습니다. 처음부터 다시 하십시오
STREAM_PROTOCOL = 자료흐름의 순서가 틀립니다. 와야 할것: { $expected }
ANSWER_UNEXPECTED = “{ $service }” 봉사의 응답이 약정에 맞지 않습니다
CONFIGURATION_INVALID = 설정이 틀립니다: { $setting }
UNIMPLEMENTED = 이 기능은 제공하지 않습니다
INTERNAL = 시스템 내부오유입니다. 관리자에게 련락하십시오
