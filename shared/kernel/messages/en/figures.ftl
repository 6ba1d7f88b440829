# Figures and reports
INDICATOR_UNKNOWN = There is no indicator “{ $indicator }”
FIGURE_UNKNOWN = There is no figure “{ $figure }” in the report
TEMPLATE_UNKNOWN = There is no report template “{ $template }”
SNAPSHOT_UNKNOWN = There is no snapshot “{ $snapshot }”
SNAPSHOT_EXISTS = The snapshot “{ $snapshot }” exists already
KNOWN_AT_NOT_CLOSED = What is recorded up to that moment may still grow; try again shortly
KNOWN_AT_IN_FUTURE = The known time cannot lie in the future
PERIOD_INVALID = The period is wrong, or not one that this indicator has
LEVEL_NOT_DECLARED = The indicator “{ $indicator }” does not exist at this level ({ $level })
