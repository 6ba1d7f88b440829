//! Constants of published texts: parameters with their source, never computed.

use kernel::area::Level;
use kernel::language::Label;
use record::indicator::{Formula, Indicator, IndicatorKind, Levels, Unit};

/// All of them.
pub(crate) const ALL: &[&Indicator] = &[&MAIN_BATTLEFIELDS];

/// 全省脱贫攻坚主战场数.
pub(crate) static MAIN_BATTLEFIELDS: Indicator = Indicator {
    id: "registry.provincial_main_battlefields",
    label: Label::new(
        "全省脱贫攻坚主战场数",
        "전 성 빈곤해탈 난관공략 주전장수",
        "main poverty battlefields in the province",
    ),
    definition: Label::new(
        "公开材料中的表述,不由记录计算",
        "공개자료의 서술, 기록으로 계산하지 않음",
        "As stated in published texts; not computed from records.",
    ),
    unit: Unit::Region,
    kind: IndicatorKind::Narrative,
    levels: Levels::only(&[Level::Prefecture]),
    formula: Formula::Parameter { identifier: "registry.narrative.main_battlefields", qualifier: "-" },
};
