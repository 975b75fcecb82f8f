//! The one client for requests that the server makes. It asks hosts alone that an administrator allowed,
//! connects to the address that it has looked at and to no other, refuses addresses of private networks
//! unless they were allowed as addresses, and follows no redirect.

use axum::http::uri::Scheme;
use axum::http::{Request, Uri, header};
use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// How long connecting may take, and how long the answer's head.
const CONNECT: Duration = Duration::from_secs(10);
const HEAD: Duration = Duration::from_secs(30);

/// The client.
#[derive(Debug, Default)]
pub struct Outgoing {
    allowed: Vec<String>,
    tls: OnceLock<Option<Arc<ClientConfig>>>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutgoingProblem {
    /// It is no address of http or https.
    #[error("it is no address of http or https")]
    Address,
    /// Nobody allowed the host.
    #[error("the host {0} is not allowed; an administrator allows it with --allow-source")]
    HostNotAllowed(String),
    /// The host stands in a private network.
    #[error(
        "the host {0} stands at an address that is not public; an administrator allows it by that address"
    )]
    Private(String),
    /// Nothing answers there.
    #[error("{0} does not answer")]
    Unreachable(String),
    /// Something else than the bytes was answered.
    #[error("{host} answered with status {status}")]
    Status {
        /// The host.
        host: String,
        /// What it answered.
        status: u16,
    },
}

impl Outgoing {
    /// A client for these hosts: names, or addresses, which then may be private.
    pub fn new(allowed: &[String]) -> Self {
        let plain = |host: &String| host.trim_matches(['[', ']']).to_ascii_lowercase();
        Self {
            allowed: allowed.iter().map(plain).collect(),
            tls: OnceLock::new(),
        }
    }

    /// Whether this address may be asked, as far as that can be told without looking its host up.
    ///
    /// # Errors
    /// [`OutgoingProblem::Address`], [`OutgoingProblem::HostNotAllowed`].
    pub fn check(&self, url: &str) -> Result<(), OutgoingProblem> {
        self.target(url).map(|_| ())
    }

    fn target(&self, url: &str) -> Result<Target, OutgoingProblem> {
        let uri: Uri = url.parse().map_err(|_| OutgoingProblem::Address)?;
        let secure = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(OutgoingProblem::Address),
        };
        let authority = uri.authority().ok_or(OutgoingProblem::Address)?;
        if authority.as_str().contains('@') {
            return Err(OutgoingProblem::Address);
        }
        let host = authority
            .host()
            .trim_matches(['[', ']'])
            .to_ascii_lowercase();
        if !self.allowed.contains(&host) {
            return Err(OutgoingProblem::HostNotAllowed(host));
        }
        let port = authority
            .port_u16()
            .unwrap_or(if secure { 443 } else { 80 });
        Ok(Target {
            uri,
            host,
            port,
            secure,
        })
    }

    /// The body of what stands at an address.
    ///
    /// # Errors
    /// [`OutgoingProblem`].
    pub async fn get(&self, url: &str) -> Result<Incoming, OutgoingProblem> {
        let target = self.target(url)?;
        let unreachable = || OutgoingProblem::Unreachable(target.host.clone());
        let address = self.resolve(&target).await?;
        let stream = timeout(CONNECT, TcpStream::connect(address)).await;
        let stream = stream.ok().and_then(Result::ok).ok_or_else(unreachable)?;
        let sent = if target.secure {
            let config = self.tls().ok_or_else(unreachable)?;
            let name =
                ServerName::try_from(target.host.clone()).map_err(|_| OutgoingProblem::Address)?;
            let stream = TlsConnector::from(config).connect(name, stream);
            let stream = timeout(CONNECT, stream).await;
            let stream = stream.ok().and_then(Result::ok).ok_or_else(unreachable)?;
            timeout(HEAD, ask(TokioIo::new(stream), &target)).await
        } else {
            timeout(HEAD, ask(TokioIo::new(stream), &target)).await
        };
        let response = sent.ok().flatten().ok_or_else(unreachable)?;
        match response.status().as_u16() {
            200 => Ok(response.into_body()),
            status => Err(OutgoingProblem::Status {
                host: target.host.clone(),
                status,
            }),
        }
    }

    async fn resolve(&self, target: &Target) -> Result<SocketAddr, OutgoingProblem> {
        let found = timeout(
            CONNECT,
            tokio::net::lookup_host((&*target.host, target.port)),
        )
        .await;
        let found: Vec<SocketAddr> = match found {
            Ok(Ok(found)) => found.collect(),
            _ => return Err(OutgoingProblem::Unreachable(target.host.clone())),
        };
        let may = |address: &&SocketAddr| {
            let ip = address.ip().to_canonical();
            is_public(ip) || self.allowed.contains(&ip.to_string())
        };
        let allowed = found.iter().find(may);
        allowed
            .copied()
            .ok_or_else(|| OutgoingProblem::Private(target.host.clone()))
    }

    /// The system's trusted certificates, read when they are first needed.
    fn tls(&self) -> Option<Arc<ClientConfig>> {
        self.tls.get_or_init(tls).clone()
    }
}

/// TLS with the system's trusted certificates.
pub(crate) fn tls() -> Option<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = tokio_rustls::rustls::crypto::ring::default_provider();
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Some(Arc::new(config))
}

struct Target {
    uri: Uri,
    host: String,
    port: u16,
    secure: bool,
}

async fn ask<S>(stream: S, target: &Target) -> Option<hyper::Response<Incoming>>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(stream).await.ok()?;
    // Ends with the body, or with whoever drops it.
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "an outgoing connection ended early");
        }
    });
    let path = target
        .uri
        .path_and_query()
        .map_or("/", |path| path.as_str());
    let request = Request::get(path)
        .header(header::HOST, target.uri.authority()?.as_str())
        .header(header::USER_AGENT, "portico")
        .header(header::ACCEPT, "*/*")
        .body(Empty::<Bytes>::new())
        .ok()?;
    sender.send_request(request).await.ok()
}

/// Whether an address belongs to the public network.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let protocol = (a, b, c) == (192, 0, 0) || (a == 198 && (b == 18 || b == 19));
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_documentation()
                || a == 0
                || shared
                || protocol
                || a >= 224)
        }
        IpAddr::V6(ip) => {
            // Global unicast is 2000::/3; within it, documentation, and what carries an IPv4 address.
            let [first, second, ..] = ip.segments();
            first & 0xe000 == 0x2000
                && first != 0x2002
                && !(first == 0x2001 && (second == 0xdb8 || second < 0x200))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_from_public_ones() {
        for ip in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00::1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "64:ff9b::7f00:1",
            "ff02::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "1.1.1.1",
            "20.60.0.1",
            "172.32.0.1",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn only_allowed_hosts_may_be_asked() {
        let outgoing = Outgoing::new(&["Files.example.com".to_owned(), "10.0.0.1".to_owned()]);
        assert_eq!(outgoing.check("https://files.example.com/a?b"), Ok(()));
        assert_eq!(outgoing.check("http://10.0.0.1:9000/a"), Ok(()));
        for url in [
            "ftp://files.example.com/a",
            "files.example.com/a",
            "",
            "https://u:p@files.example.com/",
        ] {
            assert_eq!(outgoing.check(url), Err(OutgoingProblem::Address), "{url}");
        }
        for host in [
            "example.com",
            "files.example.com.evil.test",
            "10.0.0.2",
            "169.254.169.254",
        ] {
            let refused = OutgoingProblem::HostNotAllowed(host.to_owned());
            assert_eq!(outgoing.check(&format!("http://{host}/")), Err(refused));
        }
    }

    #[tokio::test]
    async fn a_name_that_stands_at_a_private_address_is_refused() {
        let outgoing = Outgoing::new(&["localhost".to_owned()]);
        let refused = outgoing.get("http://localhost:1/").await.err();
        assert_eq!(
            refused,
            Some(OutgoingProblem::Private("localhost".to_owned()))
        );
    }
}
