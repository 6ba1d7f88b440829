# The suite itself
DATABASE_UNAVAILABLE = The database cannot be reached at present; try again shortly
SERVICE_UNAVAILABLE = The service “{ $service }” cannot be reached at present; try again shortly
OVERLOADED = Too many requests at present; try again shortly
SHUTTING_DOWN = The service is shutting down; try again shortly
DEADLINE_EXCEEDED = The time for this request is over
CANCELLED = The request was cancelled
RESUME_TOKEN_INVALID = The resume token is not valid
RESUME_TOKEN_OUT_OF_RANGE = The position of the resume token does not exist; begin anew
STREAM_PROTOCOL = A message of the stream is out of order; expected: { $expected }
ANSWER_UNEXPECTED = The service “{ $service }” answered in an unexpected form
CONFIGURATION_INVALID = The configuration is wrong: { $setting }
UNIMPLEMENTED = This is not offered
INTERNAL = An internal error; please tell the administrator
