# Who may
AUTHENTICATION_REQUIRED = Please sign in first
TOKEN_MALFORMED = The token cannot be read; sign in again
TOKEN_EXPIRED = The token is no longer valid; sign in again
TOKEN_SIGNATURE = The token is signed by another key
TOKEN_REVOKED = The token was revoked
PERMISSION_MISSING = Permission missing: { $permission }
PERMISSION_UNDECLARED = The method { $method } declares no permission and is refused
AREA_FORBIDDEN = The area { $area } lies outside your scope
PROGRAMME_FORBIDDEN = The programme { $programme } is not among yours
REVEAL_PURPOSE_REQUIRED = To see personal values unmasked, state the purpose and the legal basis
REVEAL_FORBIDDEN = You may not see these personal values unmasked
