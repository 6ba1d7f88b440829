//! Words of the contract's fields and enum values, as it declares them.

use kernel::language::{Label, Language};
use prost_reflect::Value;

use crate::json::pool;

/// The option that holds the words of an enum's value.
const LABEL: &str = "xiuhua.common.v1.label";

/// The option that says what a form calls a field, and where its codes are.
const FORM: &str = "xiuhua.common.v1.form";

/// Enums by their full names whose words stand in reports.
pub(crate) const UNIT: &str = "xiuhua.common.v1.Unit";
pub(crate) const FIGURE_KIND: &str = "xiuhua.gateway.v1.ReportLine.FigureKind";
pub(crate) const AVAILABILITY: &str = "xiuhua.gateway.v1.ReportLine.Availability";

/// What the values of a report's lines are called, and their units, for which the contract has no words.
pub(crate) const VALUES: Label = Label::new("数值", "수치", "value");
pub(crate) const UNITS: Label = Label::new("单位", "단위", "unit");

/// What a value of an enum (full name) is called; `None` where the contract has no word for it.
#[must_use]
pub fn of_enum(name: &str, number: i32, language: Language) -> Option<String> {
    let pool = pool().ok()?;
    let value = pool.get_enum_by_name(name)?.get_value(number)?;
    let options = value.options();
    let label = options.get_extension(&pool.get_extension_by_name(LABEL)?);
    let Value::Message(label) = label.as_ref() else { return None };
    let text = label.get_field_by_name(language.as_str())?.as_str()?.to_owned();
    (!text.is_empty()).then_some(text)
}

/// What a form calls a field of a message (full name); `None` where the contract has no title for it.
#[must_use]
pub fn of_field(message: &str, field: &str, language: Language) -> Option<String> {
    form(message, field, language.as_str())
}

/// The code table of a field; `None` where it holds no codes.
#[must_use]
pub fn codes_of(message: &str, field: &str) -> Option<String> {
    form(message, field, "codes")
}

fn form(message: &str, field: &str, part: &str) -> Option<String> {
    let pool = pool().ok()?;
    let options = pool.get_message_by_name(message)?.get_field_by_name(field)?.options();
    let form = options.get_extension(&pool.get_extension_by_name(FORM)?);
    let Value::Message(form) = form.as_ref() else { return None };
    let text = form.get_field_by_name(part)?.as_str()?.to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_from_the_contract() {
        let unit = |language| of_enum("xiuhua.common.v1.Unit", 1, language);
        assert_eq!(unit(Language::Zh).as_deref(), Some("户"));
        assert_eq!(unit(Language::Ko).as_deref(), Some("호"));
        assert_eq!(of_enum("xiuhua.common.v1.Unit", 0, Language::Zh), None);
        assert_eq!(of_enum("xiuhua.common.v1.Nothing", 1, Language::Zh), None);
    }

    #[test]
    fn fields_are_called_as_on_the_form() {
        let household = "xiuhua.registry.v1.Household";
        assert_eq!(of_field(household, "household_no", Language::Zh).as_deref(), Some("户编号"));
        assert_eq!(codes_of(household, "attribute").as_deref(), Some("registry.attribute"));
        assert_eq!((codes_of(household, "phone"), of_field(household, "horns", Language::Zh)), (None, None));
    }
}
