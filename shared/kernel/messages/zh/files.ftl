# 文件与导入
COLUMN_UNKNOWN = 表中没有“{ $column }”这一列
COLUMN_MISSING = 缺少“{ $column }”列
COLUMN_DUPLICATE = “{ $column }”列重复
ROW_CELL_COUNT = 此行应有 { $expected } 格，实有 { $found } 格
FORM_DATE_REQUIRED = 请注明填报日期
FILE_UNREADABLE = 文件无法读取，请使用 xlsx 或 csv 格式
FILE_ENCODING = 文件编码无法识别，请使用UTF-8或GB18030
SHEET_MISSING = 文件中没有“{ $sheet }”工作表
FILE_DIGEST_DIFFERS = 文件内容与首次上传的不一致
FILE_INCOMPLETE = 文件不完整，请重新上传
JOB_OTHER_FILE = 该导入任务属于另一个文件或另一张表
JOB_NOT_FOUND = 找不到该导入任务
JOB_BUSY = 该导入任务正在另一连接中进行
TABLE_UNKNOWN = 没有“{ $table }”这张表
