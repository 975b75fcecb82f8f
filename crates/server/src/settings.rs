//! How this server was told to run.

use crate::throttle::load::LoadLimits;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Settings of a running server; made from the command line, or by a test.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The data folder: database and blobs.
    pub data: PathBuf,
    /// The folder of key-encryption key and pepper; beside the data folder, never inside.
    pub secrets: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where people reach this server: all links and URLs begin with it. Without a trailing slash;
    /// empty until the port is known.
    pub public_url: String,
    /// How long a call may take in all at the most, whatever its workspace allows.
    pub call_timeout: Duration,
    /// The largest body of a call in bytes, whatever its workspace allows.
    pub call_bytes: usize,
    /// What the process takes on in all.
    pub load: LoadLimits,
}

/// The most that an owner can allow a call: 64 MiB and 600 s. A workspace begins with classic's limits,
/// 4 MB and 100 s.
pub const CALL_BYTES: usize = 64 * 1024 * 1024;
/// See [`CALL_BYTES`].
pub const CALL_TIMEOUT: Duration = Duration::from_secs(600);

impl Settings {
    /// Whether a browser's `Origin` is this portal: the public URL, or the very host that the request
    /// names (a loopback address beside `localhost`, say).
    pub fn is_own_origin(&self, origin: &str, host: Option<&str>) -> bool {
        let bare = |url: &str| url.split_once("://").map(|(_, rest)| rest.to_owned());
        origin == self.public_url || (bare(origin).is_some() && bare(origin).as_deref() == host)
    }
}
