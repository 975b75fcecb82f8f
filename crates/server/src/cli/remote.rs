//! A server's REST API, asked with a workspace token.

use crate::error::Error;
use crate::outgoing;
use bytes::Bytes;
use futures_util::stream::try_unfold;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::Frame;
use hyper::client::conn::http1;
use hyper::http::uri::{Scheme, Uri};
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use portico_api::problem::Problem;
use portico_api::routes::{self, Route};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::net::IpAddr;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may take: models are loaded and tried for it.
const ANSWER: Duration = Duration::from_secs(3600);
/// The largest answer that is read.
const ANSWER_BYTES: usize = 64 << 20;
const PIECE: usize = 256 << 10;

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// A server and the token for one of its workspaces.
pub(super) struct Remote {
    base: Uri,
    token: String,
}

/// What a request carries.
pub(super) enum Sent<'a> {
    Nothing,
    Json(&'a serde_json::Value),
    File(std::fs::File),
}

impl Remote {
    /// The server at this address. Without TLS only one on this machine is asked, unless that is allowed:
    /// the token would travel in clear.
    ///
    /// # Errors
    /// [`Error::Start`] with the reason.
    pub(super) fn new(url: &str, token: String, insecure: bool) -> Result<Self, Error> {
        let wrong = |why: String| Error::Start(format!("--url: {why}"));
        let base: Uri = url
            .trim_end_matches('/')
            .parse()
            .map_err(|_| wrong(format!("{url} is no address.")))?;
        let host = base
            .host()
            .ok_or_else(|| wrong(format!("{url} names no server.")))?;
        let plain = match base.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => false,
            Some(scheme) if *scheme == Scheme::HTTP => true,
            _ => return Err(wrong(format!("{url} is no address of http or https."))),
        };
        let here = host == "localhost"
            || host
                .trim_matches(['[', ']'])
                .parse::<IpAddr>()
                .is_ok_and(|ip| ip.is_loopback());
        if plain && !here && !insecure {
            return Err(wrong(format!(
                "{url} would send the token in clear. Use https, or give --insecure if you know what you do."
            )));
        }
        Ok(Self { base, token })
    }

    /// Asks a route, with a query if one is given.
    ///
    /// # Errors
    /// [`Error::Start`] with what the server said, or why there is no answer.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        route: &Route,
        values: &[&str],
        query: &[(&str, &str)],
        sent: Sent<'_>,
    ) -> Result<T, Error> {
        let bytes = self.send(route, values, query, sent).await?;
        serde_json::from_slice(&bytes)
            .map_err(|error| Error::Start(format!("The server's answer can't be read: {error}.")))
    }

    /// As [`Remote::ask`], for an answer that nobody reads.
    ///
    /// # Errors
    /// As there.
    pub(super) async fn send(
        &self,
        route: &Route,
        values: &[&str],
        query: &[(&str, &str)],
        sent: Sent<'_>,
    ) -> Result<Bytes, Error> {
        let answered = timeout(ANSWER, self.exchange(route, values, query, sent)).await;
        let (status, bytes) =
            answered.map_err(|_| Error::Start("The server does not answer.".to_owned()))??;
        if status.is_success() {
            return Ok(bytes);
        }
        let Ok(problem) = serde_json::from_slice::<Problem>(&bytes) else {
            return Err(Error::Start(format!("The server answered {status}.")));
        };
        let mut words = format!("{} ({})", problem.detail, problem.status);
        for error in &problem.errors {
            words.push_str(&format!("\n  {}: {}", error.pointer, error.detail));
        }
        Err(Error::Start(words))
    }

    async fn exchange(
        &self,
        route: &Route,
        values: &[&str],
        query: &[(&str, &str)],
        sent: Sent<'_>,
    ) -> Result<(StatusCode, Bytes), Error> {
        let mut path = format!(
            "{}{}",
            self.base.path().trim_end_matches('/'),
            route.at(values)
        );
        for (index, (name, value)) in query.iter().enumerate() {
            let mark = if index == 0 { '?' } else { '&' };
            path.push_str(&format!("{mark}{name}={}", routes::segment(value)));
        }
        let authority = self
            .base
            .authority()
            .map_or("", |authority| authority.as_str());
        let mut request = Request::builder()
            .method(route.method.as_str())
            .uri(path)
            .header(header::HOST, authority)
            .header(header::USER_AGENT, "portico publish")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        if matches!(route.method.as_str(), "PATCH" | "DELETE") {
            request = request.header(header::IF_MATCH, "*");
        }
        let body = match sent {
            Sent::Nothing => full(Bytes::new()),
            Sent::Json(value) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                full(serde_json::to_vec(value)?.into())
            }
            Sent::File(file) => {
                request = request
                    .header(header::CONTENT_TYPE, "application/octet-stream")
                    .header(header::CONTENT_LENGTH, file.metadata()?.len());
                pieces(file)
            }
        };
        let request = request
            .body(body)
            .map_err(|error| Error::Start(format!("The request can't be made: {error}.")))?;
        let lost =
            |error: hyper::Error| Error::Start(format!("The connection broke off: {error}."));
        let mut sender = self.connect().await?;
        let answer = sender.send_request(request).await.map_err(lost)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_BYTES)
            .collect()
            .await;
        let body = body.map_err(|error| Error::Start(format!("The answer broke off: {error}.")))?;
        Ok((status, body.to_bytes()))
    }

    async fn connect(&self) -> Result<http1::SendRequest<Body>, Error> {
        let host = self
            .base
            .host()
            .unwrap_or_default()
            .trim_matches(['[', ']']);
        let secure = self.base.scheme() == Some(&Scheme::HTTPS);
        let port = self
            .base
            .port_u16()
            .unwrap_or(if secure { 443 } else { 80 });
        let unreachable =
            |why: String| Error::Start(format!("{} can't be reached: {why}.", self.base));
        let stream = timeout(CONNECT, TcpStream::connect((host, port)))
            .await
            .map_err(|_| unreachable("it does not answer".to_owned()))?
            .map_err(|error| unreachable(error.to_string()))?;
        if !secure {
            return handshake(TokioIo::new(stream)).await;
        }
        let config =
            outgoing::tls().ok_or_else(|| unreachable("there is no TLS here".to_owned()))?;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| unreachable(error.to_string()))?;
        let stream = TlsConnector::from(config)
            .connect(name, stream)
            .await
            .map_err(|error| unreachable(error.to_string()))?;
        handshake(TokioIo::new(stream)).await
    }
}

async fn handshake<S>(stream: S) -> Result<http1::SendRequest<Body>, Error>
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(stream)
        .await
        .map_err(|error| Error::Start(format!("The server speaks no HTTP: {error}.")))?;
    // Ends with the answer; what is wrong with it is told where the answer is read.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(sender)
}

fn full(bytes: Bytes) -> Body {
    Full::new(bytes)
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// A file's bytes, piece by piece.
fn pieces(file: std::fs::File) -> Body {
    let file = tokio::fs::File::from_std(file);
    let stream = try_unfold(file, |mut file| async move {
        let mut piece = bytes::BytesMut::with_capacity(PIECE);
        let read = file.read_buf(&mut piece).await?;
        Ok((read > 0).then(|| (Frame::data(piece.freeze()), file)))
    });
    StreamBody::new(stream).boxed_unsync()
}

/// A value as the body of a request.
///
/// # Errors
/// None that a request could cause.
pub(super) fn json(value: &impl Serialize) -> Result<serde_json::Value, Error> {
    Ok(serde_json::to_value(value)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_travels_in_clear_on_this_machine_alone() {
        let may = |url: &str, insecure| Remote::new(url, String::new(), insecure).is_ok();
        for url in [
            "http://localhost:8080",
            "http://127.0.0.1/",
            "http://[::1]:1",
            "https://a.example/portico/",
        ] {
            assert!(may(url, false), "{url}");
        }
        assert!(!may("http://a.example", false) && may("http://a.example", true));
        for url in ["a.example", "ftp://a.example", "", "http://"] {
            assert!(!may(url, true), "{url}");
        }
    }

    #[test]
    fn names_are_escaped_in_a_query() {
        assert_eq!(routes::segment("a b&é.onnx"), "a%20b%26%C3%A9.onnx");
    }
}
