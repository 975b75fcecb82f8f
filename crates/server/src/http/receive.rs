//! A body on its way into a file: counted, hashed and held to a pace while it comes, so that it takes no
//! more memory than a piece of it, whatever its size.

use crate::area::Area;
use crate::error::Error;
use crate::store::blobs::Aside;
use bytes::Bytes;
use http_body::Body;
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio::time::{Instant, timeout_at};

/// A body must come with at least this many bytes, 8 KiB a second …
const RATE_BYTES: u64 = 80 * 1024;
/// … in each window of this length, after which it is given up.
const RATE_WINDOW: Duration = Duration::from_secs(10);
/// How many bytes are written between two looks at the disk's free space.
const ROOM_EVERY: u64 = 16 << 20;
const BUFFER: usize = 256 << 10;

/// A body that has come.
#[derive(Debug)]
pub struct Received {
    /// Its file.
    pub aside: Aside,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Its bytes.
    pub bytes: u64,
}

/// Why a body was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveProblem {
    /// It is larger than this.
    #[error("it has more than {0} bytes")]
    TooLarge(u64),
    /// It came too slowly.
    #[error("it came too slowly")]
    TooSlow,
    /// It broke off.
    #[error("it broke off")]
    BrokeOff,
    /// The disk would be too full.
    #[error("the server has no room for it")]
    NoRoom,
    /// The server failed.
    #[error("{0}")]
    Server(#[from] Error),
}

impl From<std::io::Error> for ReceiveProblem {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::NoRoom,
            _ => Self::Server(error.into()),
        }
    }
}

impl From<ReceiveProblem> for Error {
    fn from(problem: ReceiveProblem) -> Self {
        match problem {
            ReceiveProblem::TooLarge(limit) => Self::TooLarge {
                limit: usize::try_from(limit).unwrap_or(usize::MAX),
            },
            ReceiveProblem::TooSlow => Self::TooSlow,
            ReceiveProblem::BrokeOff => Self::Malformed("The request's body broke off.".to_owned()),
            ReceiveProblem::NoRoom => Self::NoRoom,
            ReceiveProblem::Server(error) => error,
        }
    }
}

/// Writes a body into a file of the area, at most so many bytes, within so much time. What does not come
/// whole leaves nothing behind.
///
/// # Errors
/// [`ReceiveProblem`].
pub async fn receive<B>(
    area: &Area,
    name: &str,
    body: B,
    limit: u64,
    time: Duration,
) -> Result<Received, ReceiveProblem>
where
    B: Body<Data = Bytes> + Unpin,
{
    let announced = body.size_hint().lower();
    if announced > limit {
        return Err(ReceiveProblem::TooLarge(limit));
    }
    if !area.has_room(announced)? {
        return Err(ReceiveProblem::NoRoom);
    }
    let aside = area.blobs.aside(name)?;
    let file = tokio::fs::File::from_std(aside.file.try_clone()?);
    let mut file = BufWriter::with_capacity(BUFFER, file);
    let mut hash = Sha256::new();
    let (mut bytes, mut looked) = (0_u64, 0_u64);
    let mut pace = Pace::new(time);
    let mut body = body;
    while let Some(frame) = pace.next(body.frame()).await? {
        let frame = frame.map_err(|_| ReceiveProblem::BrokeOff)?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        bytes += data.len() as u64;
        if bytes > limit {
            return Err(ReceiveProblem::TooLarge(limit));
        }
        if bytes - looked >= ROOM_EVERY {
            looked = bytes;
            if !area.has_room(0)? {
                return Err(ReceiveProblem::NoRoom);
            }
        }
        pace.came(data.len() as u64);
        hash.update(&data);
        file.write_all(&data).await?;
    }
    file.flush().await?;
    Ok(Received {
        aside,
        sha256: hex::encode(hash.finalize()),
        bytes,
    })
}

struct Pace {
    end: Instant,
    window: Instant,
    bytes: u64,
}

impl Pace {
    fn new(time: Duration) -> Self {
        let now = Instant::now();
        Self {
            end: now + time,
            window: now + RATE_WINDOW,
            bytes: 0,
        }
    }

    fn came(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// What this resolves to, if it does so in time.
    async fn next<T>(&mut self, wait: impl Future<Output = T>) -> Result<T, ReceiveProblem> {
        tokio::pin!(wait);
        loop {
            match timeout_at(self.window.min(self.end), &mut wait).await {
                Ok(came) => return Ok(came),
                Err(_) if Instant::now() < self.end && self.bytes >= RATE_BYTES => {
                    self.window += RATE_WINDOW;
                    self.bytes = 0;
                }
                Err(_) => return Err(ReceiveProblem::TooSlow),
            }
        }
    }
}
