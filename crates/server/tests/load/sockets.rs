//! Peers that don't go on: with their request, or with reading their answer. Others notice nothing.

use std::{
    io,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::{sleep, timeout},
};

use super::{
    http::Client,
    server::{Server, note},
};

const HALF_OPEN: usize = 500;
const CLOSED: Duration = Duration::from_secs(12);
const CUT_OFF: Duration = Duration::from_secs(35);
/// Where a request stops: before its first byte, where it could still be HTTP/2, in its headers.
const BEGINNINGS: [&[u8]; 4] = [
    b"",
    b"PRI * HTTP/2.0\r\n",
    b"POST /workspaces/",
    b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n",
];

#[tokio::test]
async fn half_open_requests_are_closed_and_others_notice_nothing() {
    let server = Server::start(Duration::from_secs(100)).await;
    let endpoint = server.endpoint("matrix", 20).await;
    let half_open = (0..HALF_OPEN).map(|number| async move {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let began = Instant::now();
        let beginning = BEGINNINGS[number % BEGINNINGS.len()];
        stream.write_all(beginning).await.unwrap();
        let mut rest = Vec::new();
        let closed = timeout(CLOSED, stream.read_to_end(&mut rest)).await;
        assert!(
            closed.is_ok(),
            "still open: {:?}",
            String::from_utf8_lossy(beginning)
        );
        began.elapsed()
    });
    let half_open = join_all(half_open);
    let call = endpoint.call_matrix();
    let good = async {
        let mut client = Client::new(server.address);
        let (mut answered, began) = (0, Instant::now());
        while began.elapsed() < CLOSED {
            let answer = client.send(&call).await.unwrap();
            assert_eq!(answer.status, 200, "{}", answer.text());
            answered += 1;
            sleep(Duration::from_millis(50)).await;
        }
        answered
    };
    let (closed, answered) = tokio::join!(half_open, good);
    let last = closed.iter().max().unwrap();
    note(&format!(
        "{HALF_OPEN} half-open closed within {last:.1?}; {answered} good calls meanwhile"
    ));
    assert!(answered >= 50, "{answered}");
}

/// Sends calls one behind the other and reads no answer, until the server closes the connection.
async fn never_read(mut peer: TcpStream, call: Vec<u8>) -> (usize, io::Error) {
    let mut sent = 0;
    loop {
        if let Err(error) = peer.write_all(&call).await {
            return (sent, error);
        }
        sent += 1;
    }
}

#[tokio::test]
async fn a_peer_that_never_reads_is_cut_off_and_its_permit_is_free() {
    let server = Server::start(Duration::from_secs(100)).await;
    let endpoint = server.endpoint("matrix", 1).await;
    let rows = vec![vec![1.0, 2.0, 3.0]; 4_000];
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let peer = socket.connect(server.address).await.unwrap();
    let peer = tokio::spawn(never_read(peer, endpoint.call(&["a", "b", "c"], &rows)));

    // The longest time without a free permit: while the peer does not read, its last call has it.
    let (call, mut client) = (endpoint.call_matrix(), Client::new(server.address));
    let (mut refused_since, mut longest) = (None, Duration::ZERO);
    let began = Instant::now();
    while !peer.is_finished() {
        assert!(began.elapsed() < 2 * CUT_OFF, "the peer is not cut off");
        let answer = client.send(&call).await.unwrap();
        if answer.status == 200 {
            refused_since = None;
        } else {
            assert_eq!(answer.classic(), "503 ServiceUnavailable/RequestThrottled");
            let since: Instant = *refused_since.get_or_insert_with(Instant::now);
            longest = longest.max(since.elapsed());
        }
        sleep(Duration::from_millis(100)).await;
    }
    let (sent, error) = peer.await.unwrap();
    let answer = client.send(&call).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    note(&format!(
        "cut off after {sent} calls ({error}); its permit was held for {longest:.1?}"
    ));
    assert!(longest > CUT_OFF / 2, "{longest:?}");
    assert!(longest < CUT_OFF, "{longest:?}");
}
