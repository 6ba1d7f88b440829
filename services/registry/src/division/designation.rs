//! The sheet 贫困村名单: a row designates a division, or ends its designation.

use kernel::failure::Reason;
use proto::xiuhua::registry::v1 as p;
use record::Resource;
use record::engine::Notes;
use record::resource::{AnyRecord, Rec, typed};
use record::rules::{Act, Change, Context, Mask};
use record::spec::Spec;
use record::state::{Known, Reads, last_of};
use record::table::{Days, FormSheet, RowFacts, SheetOut};

use crate::contract::{DesignationSheet, Divisions};

impl FormSheet for DesignationSheet {
    fn expand(
        row: &Self::Row,
        facts: &RowFacts,
        _context: &Context<'_>,
        reads: &Reads<'_>,
        notes: &mut Notes,
    ) -> Known<Vec<Act>> {
        let stated = [("kind", row.kind != 0), ("designated_from", !row.designated_from.is_empty())];
        for (path, _) in stated.iter().filter(|(_, stated)| !stated) {
            notes.violations.push(*path, Reason::FieldRequired);
        }
        if !notes.violations.is_empty() {
            return Ok(Vec::new());
        }
        let Some(loaded) = reads.record::<Divisions>(&format!("divisions/{}", row.code))? else {
            notes.violations.push("code", Reason::ReferenceNotFound).add("collection", "divisions");
            return Ok(Vec::new());
        };
        let Some(mut division) = last_of::<Divisions>(&loaded).cloned() else { return Ok(Vec::new()) };
        if !row.name_zh.is_empty() && row.name_zh != division.name_zh {
            notes.violations.push("name_zh", Reason::PlaceUnknown).add("place", &row.name_zh);
        }
        designate(&mut division, row);
        let mask =
            Mask { children: Divisions::SPEC.child("designations").into_iter().collect(), ..Mask::default() };
        let change = Change::Correct { record: Box::new(Rec::<Divisions>(division)), mask, on: None };
        let act = Act::consequence(Divisions::SPEC, Some(loaded.id.clone()), change);
        Ok(vec![Act { reason: facts.reason.clone(), ..act }.needing(Divisions::SPEC.write_permission)])
    }

    fn identity(row: &Self::Row) -> Option<String> {
        Some(format!("{} {} {}", row.code, row.kind, row.designated_from))
    }

    fn source() -> &'static Spec {
        Divisions::SPEC
    }

    fn collapse(
        _: &str,
        record: &dyn AnyRecord,
        _: &Days<'_>,
        _: &Reads<'_>,
    ) -> Known<Vec<SheetOut<Self::Row>>> {
        let Some(division) = typed::<Divisions>(record) else { return Ok(Vec::new()) };
        let rows = division.designations.iter().map(|designation| SheetOut {
            row: p::DesignationSheetRow {
                code: division.code.clone(),
                name_zh: division.name_zh.clone(),
                kind: designation.kind,
                designated_from: designation.valid_from.clone(),
                designated_to: designation.valid_to.clone(),
                planned_exit_year: designation.planned_exit_year,
            },
            area: division.code.clone(),
            name: division.name.clone(),
            hidden: Vec::new(),
        });
        Ok(rows.collect())
    }
}

/// A designation of the same kind and day is told anew; another one is added.
fn designate(division: &mut <Divisions as Resource>::Record, row: &p::DesignationSheetRow) {
    let same =
        |known: &&mut p::Designation| known.kind == row.kind && known.valid_from == row.designated_from;
    let known = division.designations.iter_mut().find(same);
    let designation = match known {
        Some(known) => known,
        None => {
            division.designations.push(p::Designation {
                kind: row.kind,
                valid_from: row.designated_from.clone(),
                ..p::Designation::default()
            });
            let last = division.designations.len() - 1;
            &mut division.designations[last]
        }
    };
    if !row.designated_to.is_empty() {
        designation.valid_to.clone_from(&row.designated_to);
    }
    if row.planned_exit_year.is_some() {
        designation.planned_exit_year = row.planned_exit_year;
    }
}
