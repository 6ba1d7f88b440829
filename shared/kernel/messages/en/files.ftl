# Files and imports
COLUMN_UNKNOWN = The table has no column “{ $column }”
COLUMN_MISSING = The column “{ $column }” is missing
COLUMN_DUPLICATE = The column “{ $column }” stands twice
ROW_CELL_COUNT = This row should have { $expected } cells and has { $found }
FORM_DATE_REQUIRED = State the date that the form speaks for
FILE_UNREADABLE = The file cannot be read; use xlsx or csv
FILE_ENCODING = The file's encoding is unknown; use UTF-8 or GB18030
SHEET_MISSING = The file has no sheet “{ $sheet }”
FILE_DIGEST_DIFFERS = The file is not the one that was first sent
FILE_INCOMPLETE = The file is incomplete; send it again
JOB_OTHER_FILE = This import job belongs to another file or table
JOB_NOT_FOUND = The import job was not found
JOB_BUSY = The import job is running on another connection
TABLE_UNKNOWN = There is no table “{ $table }”
