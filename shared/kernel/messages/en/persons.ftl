# Persons
ID_NUMBER_LENGTH = The ID number must have 18 characters
ID_NUMBER_CHARACTERS = The first 17 characters of the ID number must be digits, the 18th a digit or X
ID_NUMBER_DATE = Digits 7 to 14 of the ID number are not a date of birth
ID_NUMBER_CHECKSUM = The 18th character of the ID number, its check digit, is wrong
DISABILITY_CERTIFICATE_INVALID = Not a disability certificate number: ID number, class and grade, 20 characters (22 when reissued)
DISABILITY_CERTIFICATE_DIFFERS = The disability certificate number and the ID number are not the same person's
BIRTH_DATE_DIFFERS = The date of birth is not the one in digits 7 to 14 of the ID number
SEX_DIFFERS = The sex is not the one in the 17th digit of the ID number
MEMBERSHIP_OVERLAPS = This person is already a member of another household at that time
HOUSEHOLD_HEAD_COUNT = A household has exactly one head; there are { $found }
