//! One file a group of behaviours; each test ends by reporting its own.

mod auth;
mod control;
mod deadline;
mod failover;
mod methods;
mod network;
mod sip;
