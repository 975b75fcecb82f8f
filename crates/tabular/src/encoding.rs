//! Which encoding a text is in, and how it becomes UTF-8.
//!
//! A text whose bytes below 0x80 are ASCII wherever they stand keeps its bytes: delimiters and line breaks
//! are found in them, and a cell is decoded when it is read. Any other (UTF-16, Shift JIS, GB18030 …)
//! becomes UTF-8 as it comes in. Knows nothing of rows and cells.

use crate::refusal::Refusal;
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How much of a text decides whether it is UTF-16 without a byte order mark.
const NUL_PATTERN_BYTES: usize = 4 << 10;

/// What the first bytes of a text say about its encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The encoding, where they tell.
    pub encoding: Option<&'static Encoding>,
    /// How many bytes of them are a byte order mark.
    pub mark: usize,
}

/// Looks for a byte order mark, and for the NUL in every other byte that UTF-16 has.
pub fn opening(head: &[u8]) -> Opening {
    if let Some((encoding, mark)) = Encoding::for_bom(head) {
        return Opening {
            encoding: Some(encoding),
            mark,
        };
    }
    Opening {
        encoding: utf16_by_nul(&head[..head.len().min(NUL_PATTERN_BYTES)]),
        mark: 0,
    }
}

/// UTF-16 of mostly Latin text has a NUL in (nearly) every second byte and (nearly) none between.
fn utf16_by_nul(head: &[u8]) -> Option<&'static Encoding> {
    let units = head.len() / 2;
    if units == 0 {
        return None;
    }
    let nul_at = |offset: usize| {
        head.iter()
            .skip(offset)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let (even, odd) = (nul_at(0), nul_at(1));
    // Line breaks, digits and delimiters alone make a fifth of any table; one stray NUL does not.
    let many = |count: usize| count * 5 >= units && (count >= 4 || count == units);
    let few = |count: usize| count * 20 <= units;
    if many(odd) && few(even) {
        Some(UTF_16LE)
    } else if many(even) && few(odd) {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// The encoding of this label.
///
/// # Errors
///
/// When there is no such encoding, with the code `encoding_unknown`.
pub fn by_label(label: &str) -> Result<&'static Encoding, Refusal> {
    Encoding::for_label_no_replacement(label.trim().as_bytes()).ok_or_else(|| {
        Refusal::new(
            "encoding_unknown",
            format!("There is no encoding called “{label}”. Try utf-8, windows-1252 or utf-16le."),
        )
    })
}

/// Whether the bytes of such a text can be kept: every byte below 0x80 is that ASCII character.
pub fn keeps_bytes(encoding: &'static Encoding) -> bool {
    encoding == UTF_8 || encoding.is_single_byte()
}

/// Counts what in a text is UTF-8 and what is not, as bytes arrive.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Characters outside ASCII that are well formed.
    pub valid: u64,
    /// Byte sequences that are not.
    pub broken: u64,
    /// Where the first of these is.
    pub first_broken: Option<usize>,
    /// Where the first character outside ASCII is, well formed or not.
    pub first_high: Option<usize>,
    at: usize,
}

impl Evidence {
    /// Of a text that begins at this offset.
    pub fn new(from: usize) -> Self {
        Self {
            at: from,
            ..Self::default()
        }
    }

    /// How far it has looked.
    pub fn seen(&self) -> usize {
        self.at
    }

    /// Looks at all bytes that are there now; `last` when no more come.
    pub fn add(&mut self, bytes: &[u8], last: bool) {
        while self.at < bytes.len() {
            let rest = &bytes[self.at..];
            let (valid, error) = match std::str::from_utf8(rest) {
                Ok(text) => (text.len(), None),
                Err(error) => (error.valid_up_to(), Some(error.error_len())),
            };
            self.count(&rest[..valid]);
            self.at += valid;
            match error {
                None => return,
                // The rest of this character may be still to come.
                Some(None) if !last => return,
                Some(length) => {
                    self.broken += 1;
                    self.first_broken.get_or_insert(self.at);
                    self.first_high.get_or_insert(self.at);
                    self.at += length.unwrap_or(bytes.len() - self.at);
                }
            }
        }
    }

    fn count(&mut self, valid: &[u8]) {
        // Each character outside ASCII has one such byte, its first.
        let count = valid.iter().filter(|byte| **byte >= 0xC0).count();
        self.valid += count as u64;
        if count > 0 && self.first_high.is_none() {
            let first = valid.iter().position(|byte| *byte >= 0x80).unwrap_or(0);
            self.first_high = Some(self.at + first);
        }
    }

    /// The encoding that this speaks for. Text in Windows-1252 hardly ever looks like UTF-8, not even in
    /// one place; so text that mostly does is UTF-8 with damage.
    pub fn verdict(&self) -> &'static Encoding {
        if self.broken == 0 || self.valid >= 2 * self.broken {
            UTF_8
        } else {
            WINDOWS_1252
        }
    }
}

/// Makes UTF-8 of a text whose bytes can't be kept, piece by piece.
pub struct Transcoder {
    decoder: Decoder,
    /// How many byte sequences were no characters; each became U+FFFD.
    pub broken: u64,
    /// Where in what came out the first of them is.
    pub first_broken: Option<usize>,
}

impl Transcoder {
    /// From this encoding. A byte order mark must have been taken away.
    pub fn new(encoding: &'static Encoding) -> Self {
        Self {
            decoder: encoding.new_decoder_without_bom_handling(),
            broken: 0,
            first_broken: None,
        }
    }

    /// Appends what a piece says; characters may be cut by the end of the piece. `last` with the last one.
    pub fn push(&mut self, mut piece: &[u8], last: bool, out: &mut Vec<u8>) {
        let mut buffer = [0; 8 << 10];
        loop {
            let (result, read, written) =
                self.decoder
                    .decode_to_utf8_without_replacement(piece, &mut buffer, last);
            out.extend_from_slice(&buffer[..written]);
            piece = &piece[read..];
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    self.broken += 1;
                    self.first_broken.get_or_insert(out.len());
                    out.extend_from_slice("\u{FFFD}".as_bytes());
                }
            }
        }
    }
}

/// Where in the file a place of a transcoded text is: none where that can't be told from the text alone.
pub fn source_offset(
    encoding: &'static Encoding,
    mark: usize,
    text: &[u8],
    at: usize,
) -> Option<u64> {
    if encoding != UTF_16LE && encoding != UTF_16BE {
        return None;
    }
    let before = std::str::from_utf8(text.get(..at)?).ok()?;
    let units: usize = before.chars().map(char::len_utf16).sum();
    u64::try_from(mark + 2 * units).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_is_known_by_mark_or_nul() {
        let utf16 = |text: &str, big: bool| -> Vec<u8> {
            text.encode_utf16()
                .flat_map(|unit| {
                    if big {
                        unit.to_be_bytes()
                    } else {
                        unit.to_le_bytes()
                    }
                })
                .collect()
        };
        let check = |head: &[u8], expected: Option<&'static Encoding>, mark: usize| {
            let found = opening(head);
            assert_eq!((found.encoding, found.mark), (expected, mark), "{head:?}");
        };
        check(b"\xEF\xBB\xBFa", Some(UTF_8), 3);
        check(&utf16("\u{FEFF}a", false), Some(UTF_16LE), 2);
        check(&utf16("\u{FEFF}a", true), Some(UTF_16BE), 2);
        check(&utf16("id;naïve\r\n1;ü\r\n", false), Some(UTF_16LE), 0);
        check(&utf16("id;naïve\r\n1;ü\r\n", true), Some(UTF_16BE), 0);
        check(
            &utf16("名前,年齢\n太郎,21\n花子,22\n", false),
            Some(UTF_16LE),
            0,
        );
        check(b"a,b\n", None, 0);
        check(b"a,b\n1,\0\n2,3\n4,5\n", None, 0);
        check(b"a,b\n1,\0\n", None, 0);
        check(b"\0\0\0\0\0\0", None, 0);
        check(b"", None, 0);
    }

    #[test]
    fn utf_8_wins_where_it_is_the_rule() {
        let check = |text: &[u8], expected: &'static Encoding, broken: u64| {
            for piece in 1..6 {
                let mut evidence = Evidence::new(0);
                for end in (0..text.len()).step_by(piece) {
                    evidence.add(&text[..end], false);
                }
                evidence.add(text, true);
                assert_eq!((evidence.verdict(), evidence.broken), (expected, broken));
            }
        };
        check(b"plain", UTF_8, 0);
        check("für Łódź 名前".as_bytes(), UTF_8, 0);
        check(b"f\xFCr", WINDOWS_1252, 1);
        check(b"\x80 5", WINDOWS_1252, 1);
        check(
            "ö ä ü \u{1F600}".as_bytes().split_last().unwrap().1,
            UTF_8,
            1,
        );
    }

    #[test]
    fn characters_may_be_cut_anywhere() {
        let text = "Grüße;名前;\u{1F600};\r\n1,5;x\r\n";
        for (encoding, bytes) in [
            (
                UTF_16LE,
                text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            ),
            (
                encoding_rs::GB18030,
                encoding_rs::GB18030.encode(text).0.into_owned(),
            ),
        ] {
            let bytes: Vec<u8> = bytes;
            for piece in 1..=64 {
                let mut transcoder = Transcoder::new(encoding);
                let mut out = Vec::new();
                for piece in bytes.chunks(piece) {
                    transcoder.push(piece, false, &mut out);
                }
                transcoder.push(&[], true, &mut out);
                assert_eq!((out.as_slice(), transcoder.broken), (text.as_bytes(), 0));
            }
        }
    }

    #[test]
    fn broken_characters_are_counted_and_kept_apart() {
        let mut transcoder = Transcoder::new(UTF_16LE);
        let mut out = Vec::new();
        transcoder.push(&[b'a', 0, 0x00, 0xD8, b'b', 0, b'c'], true, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), "a\u{FFFD}b\u{FFFD}");
        assert_eq!((transcoder.broken, transcoder.first_broken), (2, Some(1)));
        assert_eq!(source_offset(UTF_16LE, 2, &out, 4), Some(6));
    }

    #[test]
    fn labels_are_those_of_the_web() {
        let check = |label: &str, expected: Option<&'static Encoding>| {
            assert_eq!(by_label(label).ok(), expected, "{label}");
        };
        check("latin1", Some(WINDOWS_1252));
        check(" UTF-8 ", Some(UTF_8));
        check("shift_jis", Some(encoding_rs::SHIFT_JIS));
        check("utf-7", None);
        check("iso-2022-cn", None);
    }
}
