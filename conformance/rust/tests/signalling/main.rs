//! One file a group of behaviours; each test ends by reporting its own.

mod failover;
mod joined;
mod left;
mod lost;
mod network;
mod refused;
