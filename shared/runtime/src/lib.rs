//! A service's shell: what surrounds a service whatever it does.
//!
//! * [`config`], [`keys`]: what a service is told before it starts, checked whole before a port is bound.
//! * [`telemetry`], [`traces`]: log, metrics, and traces that go through all services.
//! * [`token`], [`roles`], [`policy`]: who calls, what that role may do, what an RPC asks for.
//! * [`shell`]: the middleware, one list from top to bottom.
//! * [`status`], [`language`]: how a failure reaches the caller.
//! * [`server`], [`probe`]: listeners, health, reflection, shutdown.
//! * [`client`], [`context`]: calls to other services with the caller's deadline, token and language.

pub mod client;
pub mod config;
pub mod context;
pub mod error;
pub mod keys;
pub mod language;
mod layers;
pub mod policy;
pub mod probe;
pub mod process;
pub mod roles;
pub mod server;
pub mod shell;
pub mod status;
pub mod telemetry;
pub mod token;
pub mod traces;
