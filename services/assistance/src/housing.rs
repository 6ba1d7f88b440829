//! Housing: renovation of dilapidated houses.

pub(crate) mod renovation_case;
