//! Binds the ports.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use socket2::{Domain, Protocol, Socket, Type};

use crate::config::{Config, Host, Setting};

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 4096;

/// A port could not be bound. The text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// Some process already listens there.
    #[error(
        "port {port} on {bind} is in use; stop what listens there, or choose another (0 = any free one)"
    )]
    InUse {
        /// The address.
        bind: String,
        /// The port.
        port: u16,
    },
    /// The host has no such address or name.
    #[error("{bind} is not an address of this host: {error}; choose another (0.0.0.0 = all)")]
    NoAddress {
        /// The address, or the name that could not be looked up.
        bind: String,
        /// What the system says about it.
        error: io::Error,
    },
    /// The system refuses, for the reason given.
    #[error("can't listen on port {port} of {bind}: {error}; choose another")]
    Refused {
        /// The address.
        bind: String,
        /// The port.
        port: u16,
        /// What the system says about it.
        error: io::Error,
    },
}

impl BindError {
    /// The setting that can be changed to avoid the error.
    pub fn setting(&self) -> Setting {
        match self {
            Self::NoAddress { .. } => Setting::Bind,
            Self::InUse { .. } | Self::Refused { .. } => Setting::Ports,
        }
    }
}

/// Binds every port of the settings, in their order. If one can't be bound, none is.
pub(crate) fn bind_all(config: &Config) -> Result<Vec<TcpListener>, BindError> {
    let host = &config.bind;
    let no_address = |error| BindError::NoAddress { bind: host.to_string(), error };
    let address = host.resolve().map_err(no_address)?;
    config.ports.iter().map(|port| bind(host, SocketAddr::new(address, *port))).collect()
}

fn bind(host: &Host, address: SocketAddr) -> Result<TcpListener, BindError> {
    let (bind, port) = (host.to_string(), address.port());
    listen(address).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => BindError::InUse { bind, port },
        io::ErrorKind::AddrNotAvailable => BindError::NoAddress { bind, error },
        _ => BindError::Refused { bind, port, error },
    })
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // On Windows, the option lets a second server take the port over.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
