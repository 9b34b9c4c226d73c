//! Where a program of a test listens.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::atomic::{AtomicU8, Ordering},
};

/// A free loopback address (`127.x.y.z:port`) for a program that starts later, or more than once. A
/// port of 127.0.0.1 that was found free would be given to the next test that asks for one; nobody
/// else asks for one at this host.
pub fn own_address() -> SocketAddr {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let process = std::process::id().to_le_bytes();
    let own =
        Ipv4Addr::new(127, process[0] | 1, process[1], NEXT.fetch_add(1, Ordering::Relaxed).max(1));
    // Some systems answer at 127.0.0.1 only.
    let free = TcpListener::bind((own, 0))
        .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .expect("a free port");
    free.local_addr().expect("an address")
}
