//! Housing: appraisal and renovation of dilapidated houses, relocation, safe drinking water.

pub(crate) mod assurances;
pub(crate) mod house_appraisal;
mod one_need;
pub(crate) mod relocation_case;
pub(crate) mod renovation_case;
pub(crate) mod water_check;
pub(crate) mod water_work;
#[cfg(test)]
mod work_states;
