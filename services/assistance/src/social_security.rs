//! Social security: temporary relief.

pub(crate) mod temporary_relief;
