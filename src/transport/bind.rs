//! Listeners: all are bound before anything is announced.

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener, ToSocketAddrs as _},
};

use socket2::{Domain, Protocol, Socket, Type};

use crate::config::Config;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4096;

/// A listener that could not be had, in a sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Some process already listens there.
    #[error(
        "port {port} on {bind} is in use; stop what listens there, or choose other ports with --ports (0 = any free one)"
    )]
    #[allow(missing_docs)]
    InUse { bind: String, port: u16 },
    /// The host has no such address or name.
    #[error(
        "{bind} is no address of this host: {error}; choose another with --bind (0.0.0.0 = all)"
    )]
    #[allow(missing_docs)]
    NoAddress { bind: String, error: io::Error },
    /// The system refuses, for the reason given.
    #[error("port {port} on {bind} can't be listened on: {error}; choose another with --ports")]
    #[allow(missing_docs)]
    Refused { bind: String, port: u16, error: io::Error },
}

/// Binds every port of the settings, in their order, or none.
pub(crate) fn bind_all(config: &Config) -> Result<Vec<TcpListener>, BindError> {
    let address = resolve(&config.bind)?;
    config.ports.iter().map(|port| bind(&config.bind, SocketAddr::new(address, *port))).collect()
}

fn resolve(bind: &str) -> Result<IpAddr, BindError> {
    let host = bind.trim_start_matches('[').trim_end_matches(']');
    let no_address = |error| BindError::NoAddress { bind: bind.to_owned(), error };
    let mut addresses = (host, 0).to_socket_addrs().map_err(no_address)?;
    let address = addresses.next().ok_or_else(|| no_address(io::ErrorKind::NotFound.into()))?;
    Ok(address.ip())
}

fn bind(host: &str, address: SocketAddr) -> Result<TcpListener, BindError> {
    let (bind, port) = (host.to_owned(), address.port());
    listen(address).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => BindError::InUse { bind, port },
        io::ErrorKind::AddrNotAvailable => BindError::NoAddress { bind, error },
        _ => BindError::Refused { bind, port, error },
    })
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Elsewhere the option means that a second server may steal the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
