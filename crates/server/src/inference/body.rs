//! A body as it came: inflated where it was compressed, and cut where its JSON ends and binary tensors
//! begin; and an answer's body, compressed where that was asked for.

use super::error::InferenceError;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use bytes::Bytes;
use flate2::Compression;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::{Read, Write};

/// How many bytes of a body are JSON; the rest are tensors in binary. Without it all of them are.
pub(super) const HEADER_LENGTH: HeaderName =
    HeaderName::from_static("inference-header-content-length");
/// Answers below this are not compressed: the work would save nothing.
const WORTH_COMPRESSING: usize = 1_400;

/// A compression of the protocol's clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    /// With zlib's frame, as HTTP means it.
    Deflate,
}

impl Coding {
    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }
}

/// What a request's headers say of its body and of the answer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wire {
    coding: Option<Coding>,
    json: Option<usize>,
    answer: Option<Coding>,
}

impl Wire {
    /// Reads the headers.
    ///
    /// # Errors
    /// 415 for another compression, 400 for a length that is no number.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, InferenceError> {
        let coding = match text(headers, &header::CONTENT_ENCODING).as_deref() {
            None | Some("" | "identity") => None,
            Some("gzip" | "x-gzip") => Some(Coding::Gzip),
            Some("deflate") => Some(Coding::Deflate),
            Some(_) => {
                return Err(InferenceError::new(
                    415,
                    "Content-Encoding is gzip, deflate or left out.",
                ));
            }
        };
        let json = text(headers, &HEADER_LENGTH)
            .map(|length| {
                length.parse().map_err(|_| {
                    InferenceError::bad_request(
                        "Inference-Header-Content-Length is not a number of bytes.",
                    )
                })
            })
            .transpose()?;
        Ok(Self {
            coding,
            json,
            answer: accepted(headers),
        })
    }

    /// The body without its compression.
    ///
    /// # Errors
    /// 413 if it is larger than the limit then, 400 if it is not what the header says.
    pub(super) fn inflate(self, body: Bytes, limit: usize) -> Result<Bytes, InferenceError> {
        let inflated = match self.coding {
            None => return Ok(body),
            Some(Coding::Gzip) => read_to(limit, MultiGzDecoder::new(&*body)),
            Some(Coding::Deflate) => read_to(limit, ZlibDecoder::new(&*body)),
        };
        let name = self.coding.map_or("", Coding::name);
        let inflated = inflated.map_err(|_| {
            InferenceError::bad_request(format!(
                "The body is not {name}, as its Content-Encoding says."
            ))
        })?;
        if inflated.len() > limit {
            return Err(InferenceError::new(
                413,
                format!("The request is larger than {limit} bytes once it is inflated."),
            ));
        }
        Ok(inflated.into())
    }

    /// The JSON of a body and the binary tensors behind it.
    ///
    /// # Errors
    /// 400 if the body is shorter than the header says.
    pub(super) fn cut(self, body: &[u8]) -> Result<(&[u8], &[u8]), InferenceError> {
        let Some(length) = self.json else {
            return Ok((body, &[]));
        };
        body.split_at_checked(length).ok_or_else(|| {
            InferenceError::bad_request(format!(
                "Inference-Header-Content-Length is {length}, and the body has {} bytes.",
                body.len()
            ))
        })
    }

    /// An answer's body as it goes out, and the compression that it then has.
    pub(super) fn deflate(self, body: Vec<u8>) -> (Vec<u8>, Option<HeaderValue>) {
        let Some(coding) = self.answer.filter(|_| body.len() >= WORTH_COMPRESSING) else {
            return (body, None);
        };
        let room = Vec::with_capacity(body.len() / 2);
        // The fastest level: the answer is waited for.
        let done = match coding {
            Coding::Gzip => {
                let mut encoder = GzEncoder::new(room, Compression::fast());
                encoder.write_all(&body).and_then(|()| encoder.finish())
            }
            Coding::Deflate => {
                let mut encoder = ZlibEncoder::new(room, Compression::fast());
                encoder.write_all(&body).and_then(|()| encoder.finish())
            }
        };
        match done {
            Ok(small) => (small, Some(HeaderValue::from_static(coding.name()))),
            Err(_) => (body, None),
        }
    }
}

/// Reads to the end, or to one byte past the limit.
fn read_to(limit: usize, from: impl Read) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    from.take(most.saturating_add(1)).read_to_end(&mut out)?;
    Ok(out)
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    // What is not text is no coding and no number either.
    Some(value.to_str().unwrap_or("?").trim().to_ascii_lowercase())
}

/// The first compression of ours that the caller takes.
fn accepted(headers: &HeaderMap) -> Option<Coding> {
    let text = text(headers, &header::ACCEPT_ENCODING)?;
    text.split(',').find_map(|part| {
        let mut words = part.split(';').map(str::trim);
        let coding = match words.next()? {
            "gzip" | "x-gzip" => Coding::Gzip,
            "deflate" => Coding::Deflate,
            _ => return None,
        };
        let refused = words.any(|word| {
            word.strip_prefix("q=")
                .is_some_and(|weight| weight.parse().is_ok_and(|weight: f32| weight <= 0.0))
        });
        (!refused).then_some(coding)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wire(pairs: &[(&HeaderName, &str)]) -> Result<Wire, InferenceError> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        Wire::of(&headers)
    }

    fn packed(coding: Coding, body: &[u8]) -> Bytes {
        let wire = Wire {
            coding: None,
            json: None,
            answer: Some(coding),
        };
        let mut long = body.to_vec();
        long.resize(long.len().max(WORTH_COMPRESSING), b' ');
        wire.deflate(long).0.into()
    }

    #[test]
    fn headers_are_read_as_clients_write_them() {
        let of = |name: &HeaderName, value| wire(&[(name, value)]);
        let coding = |value| of(&header::CONTENT_ENCODING, value).map(|wire| wire.coding);
        assert_eq!(coding("GZIP"), Ok(Some(Coding::Gzip)));
        assert_eq!(coding("deflate"), Ok(Some(Coding::Deflate)));
        assert_eq!(coding("identity"), Ok(None));
        assert_eq!(coding("br").unwrap_err().status, 415);
        assert_eq!(coding("gzip, gzip").unwrap_err().status, 415);
        let answer = |value| of(&header::ACCEPT_ENCODING, value).map(|wire| wire.answer);
        assert_eq!(answer("gzip, deflate, br"), Ok(Some(Coding::Gzip)));
        assert_eq!(answer("br, deflate;q=0.5"), Ok(Some(Coding::Deflate)));
        assert_eq!(answer("gzip;q=0, *"), Ok(None));
        let length = |value| of(&HEADER_LENGTH, value).map(|wire| wire.json);
        assert_eq!(length(" 12 "), Ok(Some(12)));
        for wrong in ["", "-1", "1.5", "x", "99999999999999999999999"] {
            assert_eq!(length(wrong).unwrap_err().status, 400, "{wrong}");
        }
    }

    #[test]
    fn what_inflates_past_the_limit_is_refused() {
        for coding in [Coding::Gzip, Coding::Deflate] {
            let wire = Wire {
                coding: Some(coding),
                json: None,
                answer: None,
            };
            let bomb = packed(coding, &vec![b' '; 1 << 20]);
            assert!(bomb.len() < 20_000);
            let error = wire.inflate(bomb.clone(), 1 << 16).unwrap_err();
            assert_eq!(error.status, 413);
            assert_eq!(wire.inflate(bomb.clone(), 1 << 20).unwrap().len(), 1 << 20);
            let cut = bomb.slice(..bomb.len() / 2);
            assert_eq!(wire.inflate(cut, 1 << 20).unwrap_err().status, 400);
            let plain = Bytes::from_static(b"{}");
            assert_eq!(wire.inflate(plain, 1 << 20).unwrap_err().status, 400);
        }
    }

    #[test]
    fn json_ends_where_the_header_says() {
        let cut = |json| {
            Wire {
                coding: None,
                json,
                answer: None,
            }
            .cut(b"{}ab")
            .map(|(a, b)| (a.len(), b.len()))
        };
        assert_eq!(cut(None), Ok((4, 0)));
        assert_eq!(cut(Some(2)), Ok((2, 2)));
        assert_eq!(cut(Some(4)), Ok((4, 0)));
        assert!(
            cut(Some(5))
                .unwrap_err()
                .message
                .contains("is 5, and the body has 4")
        );
    }

    #[test]
    fn small_answers_go_out_as_they_are() {
        let wire = Wire {
            coding: None,
            json: None,
            answer: Some(Coding::Gzip),
        };
        assert_eq!(wire.deflate(b"{}".to_vec()), (b"{}".to_vec(), None));
    }

    proptest! {
        #[test]
        fn no_body_breaks_the_inflater(body: Vec<u8>) {
            for coding in [Coding::Gzip, Coding::Deflate] {
                let wire = Wire { coding: Some(coding), json: None, answer: None };
                let _ = wire.inflate(Bytes::from(body.clone()), 1_000);
            }
        }
    }
}
