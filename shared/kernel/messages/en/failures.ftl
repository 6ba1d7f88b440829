# Whole requests
VALIDATION_FAILED = { $count } things need correcting; see each of them
RULES_BROKEN = { $count } rules do not allow this; see each of them
