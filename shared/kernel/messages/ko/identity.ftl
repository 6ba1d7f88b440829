# 참조와 신원
REFERENCE_NOT_FOUND = 참조한 기록({ $collection })을 찾을수 없습니다
REFERENCE_AMBIGUOUS = 참조한 내용에 맞는 기록({ $collection })이 여러개 있습니다. 번호를 기입하십시오
REFERENCE_KIND_WRONG = 참조한 기록의 류형이 틀립니다. 옳은 류형: { $collection }
REGISTERED_ELSEWHERE = 다른 현(시)에 이미 등록되여있습니다: { $county }
IDENTITY_AMBIGUOUS = 기입한 내용에 맞는 기록이 여러개 있습니다. 대조해보십시오: { $candidates }
DUPLICATE_IN_FILE = 파일의 { $row }번째 줄과 중복됩니다
VALUE_TAKEN = “{ $key }”의 값은 이미 다른 기록에서 쓰고있습니다
