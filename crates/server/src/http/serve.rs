//! The accept loop. `axum::serve` never closes a half-open request, so connections are served by
//! hyper with a header time-out; a peer that stops reading its answer is cut off too.
//!
//! HTTP/1.1 alone: browsers speak HTTP/2 only over TLS, which a proxy in front ends. A builder that
//! tells the two apart waits for a connection's first bytes without any time-out, and an HTTP/2 peer
//! can keep an answer, with its permit, waiting for room in its window for as long as it likes.

use super::rate_limit::HasPermit;
use super::served_by::Candidate;
use crate::app::App;
use crate::calls::Hold;
use crate::error::Error;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, Sleep};
use tower::ServiceExt;

/// Connections that may wait to be accepted, as far as the system allows so many: customers call all
/// at once after a pause. One that finds no place tries again a second later, and one whose last
/// packet finds none stays half-open for seconds. The standard library's 128 are too few.
const BACKLOG: u32 = 4_096;
/// Headers must have come within this time of the connection, or of the answer before.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// An answer must be read within this time of the last byte that was taken.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// Calls that are running at shutdown have this long.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(25);

/// Listens on an address; port 0 is any free one.
///
/// # Errors
/// What the system says, as that another program listens there.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Else a restart waits until the connections of before are forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `stop` resolves, then lets running calls finish.
///
/// # Errors
/// If routes and access table don't fit each other.
pub async fn serve(
    app: App,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), Error> {
    let router = super::router(app.clone())?;
    let beside = app.run_beside();
    let mut builder = Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT);
    let graceful = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: wait for some to come back.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let service = service(router.clone(), peer);
        let watcher = graceful.watcher();
        let builder = builder.clone();
        tokio::spawn(async move {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "nodelay");
            }
            let connection =
                builder.serve_connection(TokioIo::new(Impatient::new(stream)), service);
            if let Err(error) = watcher.watch(connection).await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some calls had not finished when the server stopped");
    }
    drop(beside);
    app.close().await;
    Ok(())
}

fn service(
    router: Router,
    peer: SocketAddr,
) -> impl hyper::service::Service<
    hyper::Request<hyper::body::Incoming>,
    Response = Response,
    Error = std::convert::Infallible,
    Future: Send + 'static,
> + Send
+ Clone
+ 'static {
    hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    })
}

/// A socket whose peer must take what is written within [`READ_TIMEOUT`].
struct Impatient {
    inner: TcpStream,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Impatient {
    fn new(inner: TcpStream) -> Self {
        Self {
            inner,
            stalled: None,
        }
    }

    /// Passes a write's outcome on; a write that waits too long fails.
    fn judge<T>(
        &mut self,
        cx: &mut Context<'_>,
        outcome: Poll<std::io::Result<T>>,
    ) -> Poll<std::io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            return outcome;
        }
        let stalled = self.stalled.get_or_insert_with(|| {
            Box::pin(tokio::time::sleep_until(Instant::now() + READ_TIMEOUT))
        });
        match stalled.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(std::io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Impatient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Impatient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.judge(cx, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.judge(cx, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// A response that holds its permit until the system has taken its last byte, or its connection is gone.
pub fn holding(response: Response, hold: Hold) -> Response {
    let tried = hold.candidate;
    let mut response = response.map(|inner| Body::new(Holding { inner, hold }));
    if let Some(version) = tried {
        response.extensions_mut().insert(Candidate(version));
    }
    response.extensions_mut().insert(HasPermit);
    response
}

struct Holding {
    inner: Body,
    hold: Hold,
}

/// Bytes of an answer. The body itself is gone once they wait to be written, so they hold the permit too.
struct Held {
    data: Bytes,
    _hold: Hold,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}

impl HttpBody for Holding {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.inner).poll_frame(cx);
        let held = |data| {
            Bytes::from_owner(Held {
                data,
                _hold: self.hold.clone(),
            })
        };
        frame.map_ok(|frame| frame.map_data(held))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn five_hundred_callers_at_once_all_find_a_place() {
        let listener = listen((std::net::Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let mut callers = Vec::new();
        // Nobody accepts; without a place the system tries again for minutes.
        for number in 0..500 {
            let caller =
                tokio::time::timeout(Duration::from_secs(10), TcpStream::connect(address)).await;
            callers.push(
                caller
                    .unwrap_or_else(|_| panic!("{number} finds none"))
                    .unwrap(),
            );
        }
        for _ in 0..callers.len() {
            listener.accept().await.unwrap();
        }
    }
}
