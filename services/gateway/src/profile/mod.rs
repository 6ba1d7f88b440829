//! A household's whole picture: what every service knows of it, asked at the same time, one call each, with the caller's
//! own token.
//!
//! * `asked`: what a request means;
//! * `compose`: who is asked, and what becomes of a service that does not answer;
//! * `picture`: the answers as one profile, in an order that depends on nothing but the records;
//! * `gaps`: what is not proved;
//! * `service`: the RPC.

mod asked;
mod compose;
mod gaps;
mod picture;
mod service;
