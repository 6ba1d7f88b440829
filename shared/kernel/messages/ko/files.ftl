# 파일과 들여오기
COLUMN_UNKNOWN = 표에 “{ $column }”이라는 렬이 없습니다
COLUMN_MISSING = “{ $column }” 렬이 없습니다
COLUMN_DUPLICATE = “{ $column }” 렬이 중복됩니다
ROW_CELL_COUNT = 이 줄에는 칸이 { $expected }개여야 하는데 { $found }개 있습니다
FORM_DATE_REQUIRED = 기입날자를 밝혀야 합니다
FILE_UNREADABLE = 파일을 읽을수 없습니다. xlsx 또는 csv 형식을 쓰십시오
FILE_ENCODING = 파일의 글자코드를 알수 없습니다. UTF-8 또는 GB18030을 쓰십시오
SHEET_MISSING = 파일에 “{ $sheet }” 작업표가 없습니다
FILE_DIGEST_DIFFERS = 파일의 내용이 처음 올린것과 다릅니다
FILE_INCOMPLETE = 파일이 완전하지 않습니다. 다시 올려주십시오
JOB_OTHER_FILE = 이 들여오기 작업은 다른 파일이나 다른 표의것입니다
JOB_NOT_FOUND = 이 들여오기 작업을 찾을수 없습니다
JOB_BUSY = 이 들여오기 작업은 다른 련결에서 진행되고있습니다
TABLE_UNKNOWN = “{ $table }”이라는 표가 없습니다
