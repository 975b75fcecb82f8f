//! A client of HTTP/1.1 that keeps its connection and can be stopped in the middle of a call.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// A kept connection is not used again after this time: the server closes it a little later.
const KEPT: Duration = Duration::from_secs(5);

/// A request as it goes over the wire.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    if !body.is_empty() {
        text += "Content-Type: application/json\r\n";
    }
    text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    text.into_bytes()
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        self.headers
            .iter()
            .find(named)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Status and classic's two codes, such as `503 ServiceUnavailable/RequestThrottled`.
    pub(crate) fn classic(&self) -> String {
        let json = self.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (code, detail) = (
            text(&json["error"]["code"]),
            text(&json["error"]["details"][0]["code"]),
        );
        format!("{} {code}/{detail}", self.status)
    }
}

pub(crate) struct Client {
    address: SocketAddr,
    kept: Option<(BufReader<TcpStream>, Instant)>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            kept: None,
        }
    }

    /// Sends a request and reads its answer. A future that is dropped meanwhile takes the connection
    /// with it, as a caller does that goes away.
    pub(crate) async fn send(&mut self, request: &[u8]) -> io::Result<Answer> {
        let fresh = self.kept.take().filter(|(_, used)| used.elapsed() < KEPT);
        let mut stream = match fresh {
            Some((stream, _)) => stream,
            None => BufReader::new(TcpStream::connect(self.address).await?),
        };
        stream.get_mut().write_all(request).await?;
        let answer = read(&mut stream).await?;
        if answer.header("connection") != Some("close") {
            self.kept = Some((stream, Instant::now()));
        }
        Ok(answer)
    }
}

impl Client {
    /// Sends a request and goes away after this time, whatever has come by then.
    pub(crate) async fn send_and_leave(
        &mut self,
        request: &[u8],
        after: Duration,
    ) -> io::Result<()> {
        let mut stream = match self.kept.take() {
            Some((stream, used)) if used.elapsed() < KEPT => stream.into_inner(),
            _ => TcpStream::connect(self.address).await?,
        };
        stream.write_all(request).await?;
        tokio::time::sleep(after).await;
        Ok(())
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Answer> {
    let line = read_line(stream).await?;
    let status = line.split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers = Vec::new();
    loop {
        let line = read_line(stream).await?;
        match line.split_once(": ") {
            Some((name, value)) => headers.push((name.to_owned(), value.to_owned())),
            None => break,
        }
    }
    let mut answer = Answer {
        status,
        headers,
        body: Vec::new(),
    };
    if status == 204 {
        return Ok(answer);
    }
    let length = answer.header("content-length").unwrap().parse().unwrap();
    answer.body = vec![0; length];
    stream.read_exact(&mut answer.body).await?;
    Ok(answer)
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}
