//! What the limits are made of: sqlx and tonic with nothing around them.

mod load;
mod pool;
mod serve;

pub(crate) use load::{counts, load};
pub(crate) use pool::{Pool, Statement};
pub(crate) use serve::{Method, Server};
