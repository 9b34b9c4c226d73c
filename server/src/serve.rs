//! The line between the network and the router: how many connections, how long each may keep us
//! waiting, and how they end.
//!
//! Bodies have their deadlines where they are read (`routes`, `callbacks`). Here it is the head of
//! a request, a connection on which nothing is asked, and an answer that is not fetched.

use crate::visitors;
use axum::{Router, body::Body};
use casework::people::Network;
use futures::FutureExt;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::{TcpListener, TcpStream},
    time::Sleep,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service;

/// How many connections at once, and how long each may keep us waiting.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub connections: usize,
    /// Until the head of a request is here; also how long a connection may be open on which nothing
    /// is asked. Longer than proxies usually keep theirs, so that they end them and not we.
    pub head: Duration,
    /// Until somebody fetches more of an answer.
    pub stalled: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 1_024, head: Duration::from_secs(75), stalled: Duration::from_secs(60) }
    }
}

/// Files besides connections of those who call: the database, objects, and calls of our own.
const OTHER_FILES: u64 = 192;
/// How long somebody may take to hear that there is no room.
const NO_ROOM_TIME: Duration = Duration::from_secs(2);
const NO_ROOM: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 72\r\nRetry-After: 5\r\nCache-Control: no-store\r\nConnection: close\r\n\r\nToo many connections are open to this desk. Try again in a few seconds.\n";
/// After a connection could not be accepted, the next one is waited for a moment later.
const PAUSE: Duration = Duration::from_millis(100);

/// Raises how many files this process may have open to what it is allowed, and gives limits that
/// leave some for everything else.
#[must_use]
pub fn limits_of_this_process() -> Limits {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut files = getrlimit(Resource::Nofile);
    if files.current != files.maximum {
        let raised = rustix::process::Rlimit { current: files.maximum, maximum: files.maximum };
        match setrlimit(Resource::Nofile, raised) {
            Ok(()) => files = raised,
            Err(error) => tracing::warn!(%error, "the limit of open files could not be raised"),
        }
    }
    let limits = Limits::default();
    let Some(files) = files.current else { return limits };
    let connections = connections_of(files).min(limits.connections);
    if connections < limits.connections {
        tracing::warn!(
            files,
            connections,
            "few files may be open at once, so few connections are taken; raise the limit (ulimit -n, LimitNOFILE)"
        );
    }
    Limits { connections, ..limits }
}

/// Half of few files, and all but those of everything else of many.
fn connections_of(files: u64) -> usize {
    usize::try_from(files.saturating_sub(OTHER_FILES).max(files / 2)).unwrap_or(usize::MAX).max(1)
}

/// Serves until `stop`, then accepts nothing more and ends when all requests under way have their
/// answers.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    proxies: Arc<[IpNet]>,
    stop: impl Future<Output = ()>,
) {
    let (connections, ending) = (TaskTracker::new(), CancellationToken::new());
    let (open, turned_away) = (Arc::new(Open::new(limits.connections)), Arc::new(Open::new(64)));
    let mut stop = pin!(stop.fuse());
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    if !is_the_callers(&error) {
                        tracing::error!(%error, "a connection could not be accepted");
                        tokio::time::sleep(PAUSE).await;
                    }
                    continue;
                }
            },
        };
        // A proxy of ours speaks for many.
        let of = (!visitors::is_proxy(&proxies, peer.ip())).then(|| Network::of(peer.ip()));
        if let Some(place) = open.take(of) {
            let (router, ending) = (router.clone(), ending.clone());
            connections.spawn(async move {
                converse(stream, peer, router, limits, ending).await;
                drop(place);
            });
        } else if let Some(place) = turned_away.take(None) {
            connections.spawn(async move {
                tokio::time::timeout(NO_ROOM_TIME, turn_away(stream)).await.ok();
                drop(place);
            });
        }
    }
    drop(listener);
    ending.cancel();
    connections.close();
    connections.wait().await;
}

/// Whoever called is gone again; nothing is wrong here.
fn is_the_callers(error: &io::Error) -> bool {
    use io::ErrorKind as E;
    matches!(error.kind(), E::ConnectionAborted | E::ConnectionRefused | E::ConnectionReset)
}

/// One connection: its requests one after the other.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    ending: CancellationToken,
) {
    // Without it, small writes wait about 40 ms for the client's delayed acknowledgement.
    stream.set_nodelay(true).ok();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        visitors::note(&mut request, peer);
        router.clone().call(request)
    });
    let io = TokioIo::new(Impatient { stream, longest: limits.stalled, waits: None });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .serve_connection(io, service)
    );
    let mut told = pin!(ending.cancelled().fuse());
    let mut is_told = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::trace!(%error, "a connection ended");
                }
                return;
            }
            () = told.as_mut(), if !is_told => {
                is_told = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// Says that there is no room, in words and with a status that proxies understand.
async fn turn_away(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(NO_ROOM.as_bytes()).await?;
    stream.shutdown().await?;
    // Closed with something unread, the answer would be lost on its way.
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.map(|_| ())
}

/// Connections that are open, all together and from each network: one network has half of them at
/// most.
struct Open {
    most: usize,
    now: Mutex<(usize, HashMap<Network, usize>)>,
}

struct Place {
    open: Arc<Open>,
    of: Option<Network>,
}

impl Open {
    fn new(most: usize) -> Self {
        Self { most, now: Mutex::default() }
    }

    fn take(self: &Arc<Self>, of: Option<Network>) -> Option<Place> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, networks) = &mut *now;
        let own = of.and_then(|network| networks.get(&network).copied()).unwrap_or(0);
        if *all >= self.most || (of.is_some() && own >= self.most.div_ceil(2)) {
            return None;
        }
        *all += 1;
        if let Some(network) = of {
            networks.insert(network, own + 1);
        }
        Some(Place { open: self.clone(), of })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut now = self.open.now.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, networks) = &mut *now;
        *all = all.saturating_sub(1);
        if let Some(network) = self.of
            && let Some(own) = networks.get_mut(&network)
        {
            *own -= 1;
            if *own == 0 {
                networks.remove(&network);
            }
        }
    }
}

/// A stream whose other side must go on fetching what is written.
struct Impatient {
    stream: TcpStream,
    longest: Duration,
    waits: Option<Pin<Box<Sleep>>>,
}

impl Impatient {
    fn patiently<T>(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if let Poll::Ready(written) = write(Pin::new(&mut self.stream), cx) {
            self.waits = None;
            return Poll::Ready(written);
        }
        let longest = self.longest;
        ready!(
            self.waits
                .get_or_insert_with(|| Box::pin(tokio::time::sleep(longest)))
                .as_mut()
                .poll(cx)
        );
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Impatient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Impatient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.patiently(cx, |stream, cx| stream.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.patiently(cx, |stream, cx| stream.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.patiently(cx, |stream, cx| stream.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.patiently(cx, |stream, cx| stream.poll_shutdown(cx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    #[test]
    fn one_network_has_half_of_all_connections_and_a_proxy_all() {
        let network = |last| Some(Network::of(IpAddr::from([192, 0, 2, last])));
        let open = Arc::new(Open::new(10));
        let take = |of| std::iter::from_fn(|| open.take(of)).take(20).collect::<Vec<_>>();
        let mut first = take(network(1));
        assert_eq!(first.len(), 5);
        let second = take(network(2));
        assert_eq!((second.len(), take(network(3)).len()), (5, 0));
        first.pop();
        assert_eq!(take(network(3)).len(), 1);
        drop((first, second));
        assert!(open.now.lock().expect("sound").1.is_empty());
        assert_eq!(take(None).len(), 10);
    }

    #[test]
    fn few_files_leave_some_for_everything_else() {
        assert_eq!([256, 512, 1_024, 524_288].map(connections_of), [128, 320, 832, 524_096]);
    }

    #[test]
    fn the_answer_without_room_says_how_long_it_is() {
        let (head, body) = NO_ROOM.split_once("\r\n\r\n").expect("a head");
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{}", body.len());
    }
}
