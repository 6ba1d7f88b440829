# References and identity
REFERENCE_NOT_FOUND = The record referred to ({ $collection }) was not found
REFERENCE_AMBIGUOUS = The reference fits several records ({ $collection }); give the number
REFERENCE_KIND_WRONG = The reference is to another kind of record; expected: { $collection }
REGISTERED_ELSEWHERE = Already registered in another county: { $county }
IDENTITY_AMBIGUOUS = This fits several records; please check: { $candidates }
DUPLICATE_IN_FILE = The same as row { $row } of the file
VALUE_TAKEN = The value of “{ $key }” belongs to another record
