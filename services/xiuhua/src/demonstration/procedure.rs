//! The days of a procedure that a village opens and the county decides (脱贫退出, 清退): democratic review, the
//! village's notice, the review by the township, approval, announcement.

use kernel::date::CivilDate;

use super::dice::Dice;
use super::places::County;
use super::words::Lineage;

/// Days from the first of a notice to its last: eight days long at least, where seven are asked.
const NOTICE: [i32; 2] = [7, 9];

/// The days of one procedure.
pub(super) struct Procedure {
    pub(super) reviewed: CivilDate,
    pub(super) notice_starts: CivilDate,
    pub(super) notice_ends: CivilDate,
    pub(super) township: Option<CivilDate>,
    pub(super) approved: Option<CivilDate>,
    pub(super) announced: Option<CivilDate>,
}

impl Procedure {
    /// Of a procedure that is approved on this day and announced within so many days.
    pub(super) fn approved(dice: &mut Dice, on: CivilDate, announced_within: i32) -> Self {
        let township = on.add_days(-dice.between(3, 12));
        let notice_ends = township.add_days(-dice.between(1, 5));
        let notice_starts = notice_ends.add_days(-dice.between(NOTICE[0], NOTICE[1]));
        Self {
            reviewed: notice_starts.add_days(-dice.between(1, 4)),
            notice_starts,
            notice_ends,
            township: Some(township),
            approved: Some(on),
            announced: Some(on.add_days(dice.between(0, announced_within))),
        }
    }

    /// Of a procedure that would have been approved on this day and was not; some were stopped by the
    /// township.
    pub(super) fn unapproved(dice: &mut Dice, on: CivilDate) -> Self {
        let whole = Self::approved(dice, on, 0);
        let township = whole.township.filter(|_| dice.chance(600));
        Self { township, approved: None, announced: None, ..whole }
    }
}

/// Names of officials of the county, joined by `、`.
pub(super) fn officials(dice: &mut Dice, county: &County, count: usize) -> String {
    let names = (0..count).map(|_| {
        let male = dice.chance(700);
        Lineage::draw(dice, county.korean_permille).full_name(dice, male, 1978)
    });
    names.collect::<Vec<_>>().join("、")
}
