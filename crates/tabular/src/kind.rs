//! What a file is, told by its first bytes and never by its name. The name only helps to find words.

mod containers;

use crate::encoding;
use crate::refusal::Refusal;
use serde::de::IgnoredAny;

/// How much of a file's beginning is looked at.
pub const HEAD_BYTES: usize = 64 << 10;

/// A kind of file that holds a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Delimited text, in whatever encoding.
    Text,
    /// Something compressed with gzip; what, only its content says.
    Gzip,
    /// A workbook of Excel 2007 or later.
    Workbook,
}

/// What a file is that begins like this. `head` is its first [`HEAD_BYTES`], or all of it if it is shorter.
///
/// # Errors
///
/// When it holds no table that can be read, with the reason and what to do about it.
pub fn of(head: &[u8], name: &str) -> Result<Kind, Refusal> {
    let head = &head[..head.len().min(HEAD_BYTES)];
    if head.is_empty() {
        return Err(empty());
    }
    if head.starts_with(b"\x1F\x8B") {
        return Ok(Kind::Gzip);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return containers::zip(head);
    }
    if head.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Err(containers::ole(head, name));
    }
    if let Some(refusal) = by_signature(head) {
        return Err(refusal);
    }
    let opening = encoding::opening(head);
    if opening.encoding.is_none() && looks_binary(head) {
        return Err(Refusal::new(
            "binary",
            "This is not a table: it holds bytes that no text has. Export the rows as CSV or save them as .xlsx.",
        ));
    }
    let text = match opening.encoding {
        Some(encoding) => {
            encoding
                .decode_without_bom_handling(&head[opening.mark..])
                .0
        }
        None => String::from_utf8_lossy(head),
    };
    by_markup(&text).map_or(Ok(Kind::Text), Err)
}

/// The refusal of a file without anything in it.
pub(crate) fn empty() -> Refusal {
    Refusal::new("empty", "This file is empty: there are no rows in it.")
}

/// Kinds that begin with bytes of their own.
fn by_signature(head: &[u8]) -> Option<Refusal> {
    const TABLE: &str = "Export the rows as CSV or save them as .xlsx.";
    const UNPACK: &str = "Unpack it and choose the table that is inside.";
    let at = |offset: usize, bytes: &[u8]| head.get(offset..).is_some_and(|h| h.starts_with(bytes));
    let is = |bytes: &[u8]| at(0, bytes);
    // What begins with letters may be a table all the same, if all of it is text.
    let binary = looks_binary(head);
    let (code, what, advice) = if is(b"%PDF-") {
        ("pdf", "a PDF document", TABLE)
    } else if is(b"\x89PNG\r\n\x1A\n")
        || is(b"\xFF\xD8\xFF")
        || (is(b"GIF87a") || is(b"GIF89a")) && binary
        || is(b"RIFF") && at(8, b"WEBP")
        || (is(b"BM") || is(b"II*\0") || is(b"MM\0*")) && binary
    {
        ("image", "a picture", TABLE)
    } else if is(b"\x7FELF") || is(b"MZ") && binary || is(b"\xCF\xFA\xED\xFE") {
        ("program", "a program", TABLE)
    } else if is(b"PAR1") && binary {
        ("parquet", "a Parquet file, which is not read here", TABLE)
    } else if (is(b"ARROW1") || is(b"FEA1")) && binary {
        (
            "arrow",
            "an Arrow or Feather file, which is not read here",
            TABLE,
        )
    } else if is(b"SQLite format 3\0") {
        ("sqlite", "an SQLite database", TABLE)
    } else if is(b"BZh") && binary
        || is(b"\xFD7zXZ\0")
        || is(b"\x28\xB5\x2F\xFD")
        || is(b"7z\xBC\xAF\x27\x1C")
        || is(b"Rar!\x1A\x07")
    {
        (
            "archive",
            "compressed in a way that is not read here",
            UNPACK,
        )
    } else if at(257, b"ustar") && binary {
        ("archive", "a tar archive", UNPACK)
    } else if is(b"{\\rtf") {
        ("document", "a text document (RTF)", TABLE)
    } else {
        return None;
    };
    Some(Refusal::new(code, format!("This file is {what}. {advice}")))
}

/// Whether there are more control characters than a damaged text has. A few are left to the reader of
/// texts, which tells where they are.
fn looks_binary(head: &[u8]) -> bool {
    let control = |byte: &u8| matches!(byte, 0..=8 | 0x0E..=0x19 | 0x1C..=0x1F | 0x7F);
    let count = head.iter().filter(|byte| control(byte)).count();
    count >= 4 && count * 33 > head.len()
}

/// Kinds that are text and no table.
fn by_markup(text: &str) -> Option<Refusal> {
    let text = text.trim_start_matches('\u{FEFF}').trim_start();
    let lower: String = text
        .chars()
        .take(1024)
        .collect::<String>()
        .to_ascii_lowercase();
    let html = [
        "<!doctype html",
        "<html",
        "<head",
        "<body",
        "<meta ",
        "<table",
    ];
    if html.iter().any(|tag| {
        // `<table>,5` is a line of a table whose first cell is about HTML.
        lower.strip_prefix(tag).is_some_and(|rest| {
            let end = rest
                .find('>')
                .map_or("", |end| rest[end + 1..].trim_start_matches(' '));
            !end.starts_with([',', ';', '\t', '|'])
        })
    }) {
        let advice = "Open it in a browser or in Excel, copy the rows and paste them here.";
        return Some(Refusal::new(
            "html",
            format!("This is a web page (HTML), whatever its name says. {advice}"),
        ));
    }
    if lower.starts_with("<?xml") {
        let what = if lower.contains("urn:schemas-microsoft-com:office:spreadsheet") {
            "a workbook in the XML format of Excel 2003. Open it in Excel and save it as .xlsx."
        } else {
            "an XML file. Export the rows as CSV or save them as .xlsx."
        };
        return Some(Refusal::new("xml", format!("This is {what}")));
    }
    looks_like_json(text).then(|| {
        Refusal::new(
            "json",
            "This is JSON. Export the rows as CSV or save them as .xlsx.",
        )
    })
}

/// Whether a text is JSON as far as it goes: one array or object, or one on each line.
fn looks_like_json(text: &str) -> bool {
    if !text.starts_with(['{', '[']) {
        return false;
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Err(error)) => error.is_eof(),
        Some(Ok(_)) => {
            let rest = text[values.byte_offset()..].trim_start();
            rest.is_empty() || rest.starts_with(['{', '['])
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &[u8], expected: Result<Kind, &str>) {
        let found = of(head, "rows.csv").map_err(|refusal| refusal.code);
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(head));
    }

    #[test]
    fn texts_are_texts_whatever_they_begin_with() {
        for text in [
            "a,b\n1,2\n",
            "[a],[b]\n1,2\n",
            "[1,2],x\n",
            "{id};{name}\n1;2\n",
            "{\"a\":1},5\n",
            "<5,3\n",
            "<table>,<html>\n1,2\n",
            "<id>\t<name>\n",
            "MZ,ELF\n1,2\n",
            "BM,PAR1\n",
            "PAR1,x\n",
            "GIF89a,7\n",
            "%,a\n",
            "PK,id\n",
            "\u{FEFF}a;b\n",
            "名前,年齢\n",
            "x",
            "\n\n",
        ] {
            check(text.as_bytes(), Ok(Kind::Text));
        }
        let utf16: Vec<u8> = "a;b\r\n1;2\r\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        check(&utf16, Ok(Kind::Text));
        // The reader of texts says where it is.
        check(b"a,b\n1,\0\n", Ok(Kind::Text));
    }

    #[test]
    fn what_is_no_table_is_named() {
        for (head, code) in [
            (b"".as_slice(), "empty"),
            (b"%PDF-1.7\n%\xE2\xE3", "pdf"),
            (b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", "image"),
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF", "image"),
            (b"GIF89a\x01\0\x01\0\0\0\0", "image"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", "image"),
            (b"\x7FELF\x02\x01\x01\0\0\0\0", "program"),
            (b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF", "program"),
            (b"PAR1\x15\x04\x15\0\0\x01\x02\x03", "parquet"),
            (b"SQLite format 3\0\x10\0", "sqlite"),
            (b"\xFD7zXZ\0\0\x04", "archive"),
            (b"{\\rtf1\\ansi x}", "document"),
            (b"  <!DOCTYPE html><p>x", "html"),
            (b"<html xmlns=\"x\">", "html"),
            (b"<table border=1><tr><td>1</table>", "html"),
            (b"\xEF\xBB\xBF<?xml version=\"1.0\"?><a/>", "xml"),
            (b"[{\"a\": 1}, {\"a\":", "json"),
            (b"{\"a\": 1}\n{\"a\": 2}\n", "json"),
            (b"[]", "json"),
            (b"\x01\x02\x03\x04\x05\xFF\xFE\x80", "binary"),
        ] {
            check(head, Err(code));
        }
        let utf16: Vec<u8> = "[{\"a\": 1}]"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        check(&utf16, Err("json"));
    }

    #[test]
    fn gzip_is_left_to_its_content() {
        check(b"\x1F\x8B\x08\0\0\0", Ok(Kind::Gzip));
    }
}
