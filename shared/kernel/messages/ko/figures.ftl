# 지표와 보고표
INDICATOR_UNKNOWN = 지표 “{ $indicator }”이(가) 없습니다
FIGURE_UNKNOWN = 보고표에 수치 “{ $figure }”이(가) 없습니다
TEMPLATE_UNKNOWN = 보고표양식 “{ $template }”이(가) 없습니다
SNAPSHOT_UNKNOWN = 스냅숏 “{ $snapshot }”이(가) 없습니다
SNAPSHOT_EXISTS = 스냅숏 “{ $snapshot }”이(가) 이미 있습니다
KNOWN_AT_NOT_CLOSED = 그 시각까지의 기록이 아직 다 들어오지 않았습니다. 잠시후 다시 해보십시오
KNOWN_AT_IN_FUTURE = 기록시각은 지금보다 늦을수 없습니다
PERIOD_INVALID = 기간이 틀렸거나 이 지표에 맞지 않는 기간입니다
LEVEL_NOT_DECLARED = 지표 “{ $indicator }”에는 이 급별({ $level })의 수치가 없습니다
