//! The sheet 收入信息: a row is the income of one household in one year.

use proto::xiuhua::registry::v1 as p;
use record::column::Column;
use record::engine::Notes;
use record::resource::{AnyRecord, Rec, typed};
use record::rules::{Act, Context, Mask};
use record::spec::Spec;
use record::state::{Known, Reads, last_of};
use record::table::{Days, FormSheet, Found, RowFacts, SheetOut, blanks_kept, dated_change, find};
use record::{Resource, SheetRow};

use crate::contract::{Households, IncomeSheet, IncomeStatements, income_sheet as cell, income_statement};
use crate::lookup::household_by_number;

/// What each cell says of a statement, in and out.
const CELLS: &[(usize, Column)] = &[
    (cell::YEAR, income_statement::YEAR),
    (cell::PERIOD_FROM, income_statement::PERIOD_FROM),
    (cell::PERIOD_TO, income_statement::PERIOD_TO),
    (cell::WAGE_FEN, income_statement::WAGE_FEN),
    (cell::BUSINESS_FEN, income_statement::BUSINESS_FEN),
    (cell::PROPERTY_FEN, income_statement::PROPERTY_FEN),
    (cell::TRANSFER_FEN, income_statement::TRANSFER_FEN),
    (cell::BUSINESS_COST_FEN, income_statement::BUSINESS_COST_FEN),
    (cell::NET_INCOME_FEN, income_statement::NET_INCOME_FEN),
    (cell::NET_PER_CAPITA_FEN, income_statement::NET_PER_CAPITA_FEN),
    (cell::HOUSEHOLD_SIGNED_ON, income_statement::HOUSEHOLD_SIGNED_ON),
    (cell::HELPER_SIGNED_ON, income_statement::HELPER_SIGNED_ON),
    (cell::VILLAGE_SIGNED_ON, income_statement::VILLAGE_SIGNED_ON),
];

impl FormSheet for IncomeSheet {
    fn expand(
        row: &Self::Row,
        facts: &RowFacts,
        context: &Context<'_>,
        reads: &Reads<'_>,
        notes: &mut Notes,
    ) -> Known<Vec<Act>> {
        let Some(household) = household_by_number(&row.household_no, context, reads, notes)? else {
            return Ok(Vec::new());
        };
        let mut record = Rec::<IncomeStatements>(p::IncomeStatement {
            household: format!("households/{}", household.id),
            ..p::IncomeStatement::default()
        });
        let mut mask = Mask::default();
        for (leaf, column) in CELLS {
            if facts.stated.contains(leaf) {
                record.set(column.leaf, IncomeSheet::get(row, *leaf));
                mask.leaves.push(column.leaf);
            }
        }
        let area = last_of::<Households>(&household).and_then(|known| known.meta.as_ref());
        record.meta_mut().area = area.map(|meta| meta.area.clone()).unwrap_or_default();
        let permission = IncomeStatements::SPEC.write_permission;
        let keys = context.keys::<IncomeStatements>(&record.0);
        match find(IncomeStatements::SPEC, facts.name.as_deref(), None, &keys, context, reads, notes)? {
            Found::Refused => Ok(Vec::new()),
            Found::New => {
                let create = Act::create::<IncomeStatements>(Some(notes.identifier()), record.0);
                Ok(vec![Act { fresh: true, ..create.needing(permission) }])
            }
            Found::Known(loaded) => {
                notes.blanks_kept += blanks_kept(CELLS, facts, &loaded);
                let record = Box::new(record);
                let change = dated_change(IncomeStatements::SPEC, &loaded, record, mask, facts, context);
                let act = Act::consequence(IncomeStatements::SPEC, Some(loaded.id.clone()), change);
                Ok(vec![Act { reason: facts.reason.clone(), ..act }.needing(permission)])
            }
        }
    }

    fn identity(row: &Self::Row) -> Option<String> {
        let year = row.year?;
        (!row.household_no.is_empty()).then(|| format!("{}·{year}", row.household_no))
    }

    fn column_of(path: &str) -> Option<usize> {
        (path == "household").then_some(cell::HOUSEHOLD_NO)
    }

    fn source() -> &'static Spec {
        IncomeStatements::SPEC
    }

    fn collapse(
        name: &str,
        record: &dyn AnyRecord,
        _days: &Days<'_>,
        reads: &Reads<'_>,
    ) -> Known<Vec<SheetOut<Self::Row>>> {
        let Some(statement) = typed::<IncomeStatements>(record) else { return Ok(Vec::new()) };
        let Some(household) = reads.record::<Households>(&statement.household)? else {
            return Ok(Vec::new());
        };
        let mut row = p::IncomeSheetRow::default();
        for (leaf, column) in CELLS {
            IncomeSheet::set(&mut row, *leaf, record.get(column.leaf));
        }
        let number = last_of::<Households>(&household).map(|known| known.household_no.clone());
        row.household_no = number.unwrap_or_default();
        let area = statement.meta.as_ref().map(|meta| meta.area.clone()).unwrap_or_default();
        Ok(vec![SheetOut { row, area, name: name.to_owned(), hidden: Vec::new() }])
    }
}
