# 身份与权限
AUTHENTICATION_REQUIRED = 请先登录
TOKEN_MALFORMED = 登录凭证无法识别，请重新登录
TOKEN_EXPIRED = 登录已过期，请重新登录
TOKEN_SIGNATURE = 登录凭证的签名不对
TOKEN_REVOKED = 登录凭证已被注销
PERMISSION_MISSING = 没有权限：{ $permission }
PERMISSION_UNDECLARED = 接口 { $method } 未规定权限，一律拒绝
AREA_FORBIDDEN = 无权办理该地区（{ $area }）的业务
PROGRAMME_FORBIDDEN = 无权办理该项目类别（{ $programme }）的业务
REVEAL_PURPOSE_REQUIRED = 查看完整个人信息须注明用途和法律依据
REVEAL_FORBIDDEN = 无权查看完整个人信息
