//! Look-ups by numbers on the forms, within the caller's area.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::failure::{Failure, Reason};
use proto::xiuhua::registry::v1::LookupOutcome;
use record::Call;
use record::engine::{Engine, Notes};
use record::rules::Context;
use record::state::{Known, Loaded, Reads};

use crate::contract::Households;

/// Names of the records that hold these key values, in their order; `None` for one that is not there or not visible.
pub(crate) async fn names(
    engine: &Engine,
    call: &Call,
    collection: &str,
    kind: &str,
    values: &[String],
) -> Result<Vec<Option<String>>, Failure> {
    let limit = record::verbs::BATCH_LIMIT;
    if values.len() > limit {
        return Err(Failure::new(Reason::BatchTooLarge).with("limit", limit));
    }
    let select = format!(
        "SELECT key_value, id, area FROM identity WHERE collection = '{collection}' AND key_kind = '{kind}' AND"
    );
    let rows = engine.db().select_in(&select, "key_value", values, "").await?;
    let scope = &call.caller().scope;
    let found: HashMap<String, String> = rows
        .iter()
        .filter(|row| scope.is_everything() || scope.holds(row.text(2)))
        .map(|row| (row.text(0).to_owned(), format!("{collection}/{}", row.text(1))))
        .collect();
    Ok(values.iter().map(|value| found.get(value).cloned()).collect())
}

/// How a look-up ended: keys are unique, so it never ends ambiguous.
pub(crate) fn outcome(name: Option<&String>) -> LookupOutcome {
    if name.is_some() { LookupOutcome::Found } else { LookupOutcome::NotFound }
}

/// The household of a form's 户编号. What is registered in another county is told as such, and only the county.
pub(crate) fn household_by_number(
    number: &str,
    context: &Context<'_>,
    reads: &Reads<'_>,
    notes: &mut Notes,
) -> Known<Option<Arc<Loaded>>> {
    if number.is_empty() {
        notes.violations.push("household_no", Reason::FieldRequired);
        return Ok(None);
    }
    let Some(holder) = reads.holder::<Households>("household_no", number)? else {
        notes.violations.push("household_no", Reason::ReferenceNotFound).add("collection", "households");
        return Ok(None);
    };
    if !context.caller.scope.is_everything() && !context.caller.scope.holds(&holder.area) {
        notes
            .violations
            .push("household_no", Reason::RegisteredElsewhere)
            .add("county", holder.area.get(..6).unwrap_or_default());
        return Ok(None);
    }
    reads.record::<Households>(&format!("households/{}", holder.id))
}
