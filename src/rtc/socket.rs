//! The UDP socket of all sessions.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use tokio::{net::UdpSocket, task::AbortHandle};

use super::{
    address::Addresses,
    lines::{Lines, Number},
};

/// No datagram of WebRTC is larger: all keep below the MTU.
const MAX_DATAGRAM: usize = 2048;

#[derive(Debug)]
pub(super) struct Socket {
    udp: Arc<UdpSocket>,
    pub(super) lines: Arc<Lines>,
    pub(super) addresses: Addresses,
    reader: AbortHandle,
}

impl Socket {
    /// Binds it, and reads it for as long as somebody has it.
    pub(super) async fn bind(address: SocketAddr, named: Option<IpAddr>) -> io::Result<Self> {
        let udp = Arc::new(UdpSocket::bind(address).await?);
        let addresses = Addresses::of(udp.local_addr()?, named);
        let lines = Arc::<Lines>::default();
        let reader = tokio::spawn(read(udp.clone(), lines.clone())).abort_handle();
        Ok(Self { udp, lines, addresses, reader })
    }

    /// Sends a datagram of this session, or loses it, as a network may.
    pub(super) fn send(&self, number: Number, to: SocketAddr, datagram: &[u8]) {
        self.lines.reach(number, to);
        let _ = self.udp.try_send_to(datagram, to);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn read(udp: Arc<UdpSocket>, lines: Arc<Lines>) {
    let mut datagram = vec![0; MAX_DATAGRAM];
    loop {
        // An error is of an earlier datagram that nobody took.
        if let Ok((length, source)) = udp.recv_from(&mut datagram).await {
            lines.deliver(source, &datagram[..length]);
        }
    }
}
