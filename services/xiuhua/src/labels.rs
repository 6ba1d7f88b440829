//! Words of the contract's enum values, as it declares them.

use std::sync::OnceLock;

use kernel::language::Language;
use prost_reflect::{DescriptorPool, Value};

/// The option that holds the words.
const LABEL: &str = "xiuhua.common.v1.label";

fn pool() -> Option<&'static DescriptorPool> {
    static POOL: OnceLock<Option<DescriptorPool>> = OnceLock::new();
    POOL.get_or_init(|| DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET).ok()).as_ref()
}

/// What a value of an enum (full name) is called; `None` where the contract has no word for it.
#[must_use]
pub fn of_enum(name: &str, number: i32, language: Language) -> Option<String> {
    let pool = pool()?;
    let value = pool.get_enum_by_name(name)?.get_value(number)?;
    let options = value.options();
    let label = options.get_extension(&pool.get_extension_by_name(LABEL)?);
    let Value::Message(label) = label.as_ref() else { return None };
    let text = label.get_field_by_name(language.as_str())?.as_str()?.to_owned();
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
}
