//! Each shape through its single RPCs, on both databases: what is stored, what is refused and with which words.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

#[path = "shapes/case.rs"]
mod case;
#[path = "shapes/common.rs"]
mod common;
#[path = "shapes/event.rs"]
mod event;
#[path = "shapes/grant.rs"]
mod grant;
#[path = "shapes/link.rs"]
mod link;
#[path = "shapes/register.rs"]
mod register;
#[path = "shapes/reveal.rs"]
mod reveal;
#[path = "shapes/work.rs"]
mod work;
