//! How large a call's body may be, and how slowly it may come.

use crate::support::As;
use crate::world::{World, penguin};
use portico_api::id::EndpointId;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn a_call_has_at_most_four_megabytes() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let who = As::Bearer(acme.primary.clone());
    let call = penguin().to_string();
    for (bytes, status) in [(4 * 1024 * 1024, 200), (4 * 1024 * 1024 + 1, 413)] {
        let body = format!("{call}{}", " ".repeat(bytes - call.len()));
        let reply = world
            .at
            .ask(&who, "POST", &acme.call)
            .text(body)
            .send()
            .await;
        let body = reply.expect(status);
        if status == 413 {
            assert_eq!(body["error"]["details"][0]["code"], "RequestBodyInvalid");
        }
    }
    // The length is not believed where none is sent: chunks are counted.
    let mut stream = tokio::net::TcpStream::connect(world.at.base.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        acme.call, acme.primary
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = [b"100000\r\n".as_slice(), &vec![b' '; 0x10_0000], b"\r\n"].concat();
    for _ in 0..5 {
        if stream.write_all(&chunk).await.is_err() {
            break;
        }
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn a_body_that_drips_is_given_up_after_ten_seconds() {
    let world = World::start().await;
    let acme = world.endpoint("acme").await;
    let began = Instant::now();
    let mut stream = tokio::net::TcpStream::connect(world.at.base.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: 1000\r\n\r\n{{",
        acme.call, acme.primary
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(Duration::from_secs(12), stream.read(&mut answer))
        .await
        .unwrap()
        .unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("RequestCanceled"),
        "{answer}"
    );
    assert!(
        began.elapsed() >= Duration::from_secs(9),
        "{:?}",
        began.elapsed()
    );
    // It never took one of the endpoint's permits.
    assert_eq!(
        world
            .at
            .app
            .gates
            .free(&EndpointId::parse(&acme.id).unwrap()),
        Some(20)
    );
}
