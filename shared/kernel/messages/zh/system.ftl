# 系统
DATABASE_UNAVAILABLE = 数据库暂时无法使用，请稍后重试
SERVICE_UNAVAILABLE = 服务“{ $service }”暂时无法使用，请稍后重试
OVERLOADED = 系统繁忙，请稍后重试
SHUTTING_DOWN = 服务正在停止，请稍后重试
DEADLINE_EXCEEDED = 处理超时
CANCELLED = 请求已取消
RESUME_TOKEN_INVALID = 续传标记无效
RESUME_TOKEN_OUT_OF_RANGE = 续传位置已不存在，请从头开始
STREAM_PROTOCOL = 数据流消息次序不对，应为：{ $expected }
ANSWER_UNEXPECTED = 服务“{ $service }”返回的内容不符合约定
CONFIGURATION_INVALID = 配置有误：{ $setting }
UNIMPLEMENTED = 不提供此功能
INTERNAL = 系统内部错误，请联系管理员
