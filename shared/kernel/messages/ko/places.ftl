# 지역
AREA_UNKNOWN = 코드가 { $area }인 행정구획이 없습니다
PLACE_UNKNOWN = 이 지역범위에 “{ $place }”이라는 행정구획이 없습니다
PLACE_AMBIGUOUS = 이름이 같은 행정구획이 여러개 있습니다. 상급 이름을 보태여 적으십시오: { $candidates }
AREA_DIFFERS = 알림: 표의 주소가 그날 이 호의 소속 행정구획과 다릅니다. 표의 주소대로 기록하였습니다
AREA_OUTSIDE_HEADER = 이 줄은 이번에 들여오는 지역({ $area })에 속하지 않습니다
AREA_LEVEL_WRONG = 행정구획의 급별이 틀립니다. 옳은 급별: { $expected }
DIVISION_PARENT_MISSING = 그날 상급 행정구획({ $parent })이 없습니다
