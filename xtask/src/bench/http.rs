//! A small HTTP/1.1 client: one connection that is kept, requests that are ready-made bytes, answers
//! with a `Content-Length`.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any answer should take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes of an answer that a connection has room for at first.
const ROOM: usize = 64 << 10;

/// A connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    /// As long as what it has room for; grows with the answers.
    buffer: Vec<u8>,
    /// Bytes of the present answer that have come.
    filled: usize,
}

/// The bytes of a request with a JSON body.
pub fn request(method: &str, path: &str, host: SocketAddr, bearer: &str, body: &[u8]) -> Vec<u8> {
    let authorization = match bearer {
        "" => String::new(),
        key => format!("Authorization: Bearer {key}\r\n"),
    };
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{authorization}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            buffer: vec![0; ROOM],
            filled: 0,
        })
    }

    /// Sends a request and reads its answer: status and body.
    pub fn send(&mut self, request: &[u8]) -> io::Result<(u16, &[u8])> {
        self.stream.write_all(request)?;
        self.filled = 0;
        let (status, start, end) = loop {
            self.more()?;
            if let Some(head) = head(&self.buffer[..self.filled])? {
                break head;
            }
        };
        while self.filled < end {
            self.more()?;
        }
        Ok((status, &self.buffer[start..end]))
    }

    fn more(&mut self) -> io::Result<()> {
        if self.filled == self.buffer.len() {
            self.buffer.resize(2 * self.filled, 0);
        }
        match self.stream.read(&mut self.buffer[self.filled..])? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.filled += read;
                Ok(())
            }
        }
    }
}

/// Status, and where the body begins and ends; `None` while the head is not complete.
fn head(bytes: &[u8]) -> io::Result<Option<(u16, usize, usize)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let malformed = || io::Error::new(io::ErrorKind::InvalidData, "an answer without a length");
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| malformed())?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|word| word.parse().ok())
        .ok_or_else(malformed)?;
    let length: usize = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .ok_or_else(malformed)?;
    Ok(Some((status, end + 4, end + 4 + length)))
}

#[cfg(test)]
mod tests {
    use super::head;

    #[test]
    fn the_head_of_an_answer_is_read() {
        let bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(head(bytes).unwrap(), Some((200, 38, 40)));
        assert_eq!(head(&bytes[..20]).unwrap(), None);
        assert!(head(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
