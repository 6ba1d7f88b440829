pub(crate) const ALL: &[&record::indicator::Indicator] = &[];
