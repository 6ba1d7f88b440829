# 人员
ID_NUMBER_LENGTH = 证件号码应为18位
ID_NUMBER_CHARACTERS = 证件号码前17位应为数字，第18位应为数字或X
ID_NUMBER_DATE = 证件号码第7至14位不是有效的出生日期
ID_NUMBER_CHECKSUM = 证件号码第18位校验码不对
DISABILITY_CERTIFICATE_INVALID = 残疾证号不对，应为身份证号加类别、等级，共20位（换领为22位）
DISABILITY_CERTIFICATE_DIFFERS = 残疾证号与证件号码不是同一人
BIRTH_DATE_DIFFERS = 出生日期与证件号码第7至14位不一致
SEX_DIFFERS = 性别与证件号码第17位不一致
MEMBERSHIP_OVERLAPS = 此人同期已是另一户的成员
HOUSEHOLD_HEAD_COUNT = 每户应有且只有一名户主，现有 { $found } 名
