//! How a body was sent, and its UTF-8.
//!
//! `Content-Type` is asked for nothing but its charset, and that is believed only where the bytes don't
//! say otherwise: a byte order mark or the NULs of UTF-16 come first, then UTF-8 that is well formed.
//! `Content-Encoding` is taken for what clients put there: gzip and deflate are undone, up to the limit
//! that holds for plain bodies too; charsets and other words in it are ignored.

use super::error::ClassicError;
use axum::http::{HeaderMap, StatusCode, header};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use std::borrow::Cow;
use std::io::Read;

/// A coding that is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    /// One that is real and that this server does not know.
    Unknown,
}

/// What the headers say of a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentAs {
    coding: Option<Coding>,
    charset: Option<String>,
}

impl SentAs {
    /// As these headers say.
    pub fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let coding = text(header::CONTENT_ENCODING).and_then(|value| {
            let word = value.trim().to_ascii_lowercase();
            match word.as_str() {
                "gzip" | "x-gzip" => Some(Coding::Gzip),
                "deflate" => Some(Coding::Deflate),
                "br" | "zstd" | "compress" | "x-compress" => Some(Coding::Unknown),
                _ => None,
            }
        });
        let charset = text(header::CONTENT_TYPE).and_then(|value| {
            value.split(';').skip(1).find_map(|parameter| {
                let (name, value) = parameter.split_once('=')?;
                let charset = value.trim().trim_matches(['"', '\'']);
                name.trim()
                    .eq_ignore_ascii_case("charset")
                    .then(|| charset.to_owned())
            })
        });
        Self { coding, charset }
    }

    /// The body inflated, as UTF-8 without a byte order mark; at most `limit` bytes of it.
    ///
    /// # Errors
    /// 400 if it is not what the headers say, 413 if it becomes larger than `limit` bytes, 415 for a coding
    /// that this server does not know.
    pub fn plain<'a>(&self, body: &'a [u8], limit: usize) -> Result<Cow<'a, [u8]>, ClassicError> {
        let inflated = match self.coding {
            None => Cow::Borrowed(body),
            Some(Coding::Gzip) => Cow::Owned(inflate(MultiGzDecoder::new(body), limit)?),
            // What the word means was long unclear: with zlib's frame, or bare.
            Some(Coding::Deflate) if has_zlib_frame(body) => {
                Cow::Owned(inflate(ZlibDecoder::new(body), limit)?)
            }
            Some(Coding::Deflate) => Cow::Owned(inflate(DeflateDecoder::new(body), limit)?),
            Some(Coding::Unknown) => {
                let why = "its Content-Encoding is none of gzip, deflate and identity";
                return Err(ClassicError {
                    status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    ..ClassicError::body_invalid(why)
                });
            }
        };
        match inflated {
            Cow::Borrowed(bytes) => self.decode(bytes),
            Cow::Owned(bytes) => self
                .decode(&bytes)
                .map(|text| Cow::Owned(text.into_owned())),
        }
    }

    fn decode<'a>(&self, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, ClassicError> {
        let seen = Encoding::for_bom(bytes).or_else(|| utf16(bytes).map(|encoding| (encoding, 0)));
        let (encoding, bytes) = match seen {
            Some((encoding, mark)) => (encoding, &bytes[mark..]),
            None => (UTF_8, bytes),
        };
        let Err(broken) = std::str::from_utf8(bytes) else {
            // UTF-16 whose letters are all ASCII is UTF-8 too, full of NULs.
            if encoding == UTF_8 {
                return Ok(Cow::Borrowed(bytes));
            }
            return whole(encoding, bytes);
        };
        let named = self
            .charset
            .as_deref()
            .map(|label| (label, by_label(label)));
        match (seen, named) {
            (Some(_), _) => whole(encoding, bytes),
            (None, Some((_, Some(named)))) if named != UTF_8 => whole(named, bytes),
            (None, Some((label, None))) => {
                let why = format!("it is not UTF-8, and there is no charset called {label:?}");
                Err(ClassicError::body_invalid(&why))
            }
            (None, _) => {
                let at = broken.valid_up_to();
                let why = format!("it is not UTF-8 at byte {at}; name its charset in Content-Type");
                Err(ClassicError::body_invalid(&why))
            }
        }
    }
}

fn by_label(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(label.as_bytes())
}

fn whole<'a>(encoding: &'static Encoding, bytes: &[u8]) -> Result<Cow<'a, [u8]>, ClassicError> {
    match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => Ok(Cow::Owned(text.into_owned().into_bytes())),
        None => {
            let why = format!("it is not {}", encoding.name());
            Err(ClassicError::body_invalid(&why))
        }
    }
}

/// UTF-16 without its mark: JSON begins with a character of ASCII, and so with a NUL beside it.
fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0, first, ..] if *first != 0 => Some(UTF_16BE),
        [first, 0, ..] if *first != 0 => Some(UTF_16LE),
        _ => None,
    }
}

/// RFC 1950: method 8, and a header that is a multiple of 31.
fn has_zlib_frame(body: &[u8]) -> bool {
    match body {
        [method, flags, ..] => {
            method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31)
        }
        _ => false,
    }
}

fn inflate(reader: impl Read, limit: usize) -> Result<Vec<u8>, ClassicError> {
    let mut out = Vec::new();
    // One byte past the limit tells that there is more.
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    if let Err(error) = reader.take(most).read_to_end(&mut out) {
        let why = format!("it can't be inflated as its Content-Encoding says ({error})");
        return Err(ClassicError::body_invalid(&why));
    }
    if out.len() > limit {
        return Err(ClassicError::too_large(limit));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use proptest::prelude::*;
    use std::io::Write;

    const LIMIT: usize = 1000;
    const TEXT: &str = r#"{"a":"Zürich €"}"#;

    fn sent(kind: &str, coding: &str) -> SentAs {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (header::CONTENT_TYPE, kind),
            (header::CONTENT_ENCODING, coding),
        ] {
            if !value.is_empty() {
                headers.insert(name, value.parse().unwrap());
            }
        }
        SentAs::of(&headers)
    }

    fn utf16_bytes(text: &str, little: bool) -> Vec<u8> {
        let unit = |unit: u16| {
            if little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        };
        text.encode_utf16().flat_map(unit).collect()
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn content_types_of_any_kind_are_read() {
        for kind in [
            "",
            "application/json",
            "application/json; charset=utf-8",
            "application/json;charset=UTF8",
            "application/json; charset=\"utf-8\"",
            "application/json; charset=us-ascii",
            "application/json; charset=iso-8859-1",
            "application/json; charset=nonsense",
            "text/json",
            "text/plain; odd; =; charset",
            "application/x-www-form-urlencoded",
            ";;;",
        ] {
            let plain = sent(kind, "").plain(TEXT.as_bytes(), LIMIT).unwrap();
            assert_eq!(plain, TEXT.as_bytes(), "{kind}");
        }
    }

    #[test]
    fn a_charset_that_the_bytes_bear_out_is_undone() {
        let check = |kind: &str, body: &[u8], text: &str| {
            let plain = sent(kind, "").plain(body, LIMIT).unwrap();
            assert_eq!(std::str::from_utf8(&plain), Ok(text), "{kind}");
        };
        let json = "application/json";
        check(json, b"\xef\xbb\xbf{}", "{}");
        check(json, &utf16_bytes(TEXT, true), TEXT);
        check(json, &utf16_bytes(TEXT, false), TEXT);
        check(json, &utf16_bytes("{\"a\":1}", true), "{\"a\":1}");
        check("text/json; charset=utf-16", &utf16_bytes(TEXT, true), TEXT);
        check(
            json,
            &[b"\xff\xfe", &utf16_bytes(TEXT, true)[..]].concat(),
            TEXT,
        );
        check(
            json,
            &[b"\xfe\xff", &utf16_bytes(TEXT, false)[..]].concat(),
            TEXT,
        );
        let latin = b"{\"a\":\"Z\xfcrich\"}";
        for charset in [
            "iso-8859-1",
            "ISO-8859-1",
            "latin1",
            "windows-1252",
            "us-ascii",
        ] {
            let kind = format!("application/json; charset={charset}");
            check(&kind, latin, "{\"a\":\"Zürich\"}");
        }
        check(
            "application/json; charset=shift_jis",
            b"{\"a\":\"\x93\xfa\"}",
            "{\"a\":\"日\"}",
        );
    }

    #[test]
    fn what_is_no_text_is_refused_and_told_where() {
        let check = |kind: &str, body: &[u8], words: &str| {
            let error = sent(kind, "").plain(body, LIMIT).unwrap_err();
            let detail = &error.details[0];
            assert_eq!(
                (error.status.as_u16(), detail.code),
                (400, "RequestBodyInvalid")
            );
            assert!(detail.message.contains(words), "{}", detail.message);
        };
        let latin = b"{\"a\":\"Z\xfcrich\"}";
        check("", latin, "not UTF-8 at byte 7");
        check(
            "application/json; charset=utf-8",
            latin,
            "not UTF-8 at byte 7",
        );
        check("application/json; charset=x-odd", latin, "\"x-odd\"");
        check("", b"\xff\xfe{\0\0\xd8}\0", "not UTF-16LE");
    }

    #[test]
    fn real_codings_are_undone_and_bogus_ones_ignored() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(TEXT.as_bytes()).unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::default());
        bare.write_all(TEXT.as_bytes()).unwrap();
        for (coding, body) in [
            ("gzip", gzip(TEXT.as_bytes())),
            ("X-GZIP", gzip(TEXT.as_bytes())),
            ("gzip", gzip(&utf16_bytes(TEXT, true))),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", bare.finish().unwrap()),
            ("UTF-8", TEXT.into()),
            ("utf-8, gzip?", TEXT.into()),
            ("identity", TEXT.into()),
            ("", TEXT.into()),
        ] {
            let plain = sent("application/json", coding).plain(&body, LIMIT);
            assert_eq!(plain.unwrap(), TEXT.as_bytes(), "{coding}");
        }
    }

    #[test]
    fn what_is_not_as_its_coding_says_or_grows_too_large_is_refused() {
        let status = |coding: &str, body: &[u8]| {
            let error = sent("", coding).plain(body, LIMIT).unwrap_err();
            assert_eq!(error.details[0].code, "RequestBodyInvalid");
            error.status.as_u16()
        };
        assert_eq!(status("gzip", TEXT.as_bytes()), 400);
        assert_eq!(status("gzip", &gzip(TEXT.as_bytes())[..20]), 400);
        assert_eq!(status("gzip", b""), 400);
        assert_eq!(status("deflate", b"\xff\xff"), 400);
        assert_eq!(status("br", TEXT.as_bytes()), 415);
        assert_eq!(status("gzip", &gzip(&[b' '; LIMIT + 1])), 413);
        assert_eq!(status("gzip", &gzip(&vec![b' '; 50_000_000])), 413);
        assert!(sent("", "gzip").plain(&gzip(&[b' '; LIMIT]), LIMIT).is_ok());
    }

    proptest! {
        #[test]
        fn no_body_breaks_the_reader(body: Vec<u8>, kind in "[a-z/]{0,9}(; ?charset=[a-z0-9-]{0,9})?", coding in "gzip|deflate|x") {
            let _ = sent(&kind, &coding).plain(&body, LIMIT);
        }

        #[test]
        fn utf_16_of_any_json_is_read(text: String, little: bool) {
            let json = serde_json::to_string(&text).unwrap();
            let body = utf16_bytes(&json, little);
            // A text of one character beyond Latin begins with its quote all the same.
            let plain = sent("", "").plain(&body, LIMIT).unwrap();
            prop_assert_eq!(std::str::from_utf8(&plain), Ok(json.as_str()));
        }
    }
}
