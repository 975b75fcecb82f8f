//! Files that hold other files: zip packages, and the compound files of older Office.

use super::Kind;
use crate::refusal::Refusal;
use memchr::memmem;

/// What a zip archive is, by the names of its entries.
pub fn zip(head: &[u8]) -> Result<Kind, Refusal> {
    let names: Vec<&[u8]> = memmem::find_iter(head, b"PK\x03\x04")
        .filter_map(|at| entry_name(&head[at..]))
        .collect();
    let any = |prefix: &str| names.iter().any(|name| name.starts_with(prefix.as_bytes()));
    let mimetype = |kind: &str| {
        names.first() == Some(&b"mimetype".as_slice())
            && memmem::find(&head[..head.len().min(256)], kind.as_bytes()).is_some()
    };
    let (code, reason) = if any("xl/workbook.bin") {
        (
            "xlsb",
            "This is a binary workbook (.xlsb). Open it in Excel and save it as .xlsx.",
        )
    } else if any("xl/") {
        return Ok(Kind::Workbook);
    } else if mimetype("opendocument.spreadsheet") {
        (
            "ods",
            "This is an OpenDocument spreadsheet (.ods). Open it in LibreOffice and save it as .xlsx or CSV.",
        )
    } else if mimetype("opendocument") || any("word/") || any("ppt/") {
        (
            "document",
            "This is a text document or a presentation. Copy the table out of it and paste it here.",
        )
    } else if any("[Content_Types].xml") {
        // Which kind of package it is stands further behind; the reader of workbooks will tell.
        return Ok(Kind::Workbook);
    } else {
        (
            "archive",
            "This is a zip archive. Unpack it and choose the table that is inside.",
        )
    };
    Err(Refusal::new(code, reason))
}

/// The name in a local file header: see APPNOTE.TXT 4.3.7.
fn entry_name(header: &[u8]) -> Option<&[u8]> {
    let length = u16::from_le_bytes([*header.get(26)?, *header.get(27)?]);
    header.get(30..30 + usize::from(length))
}

/// Why a compound file can't be read. The names of its streams are in UTF-16, and mostly near its start.
pub fn ole(head: &[u8], name: &str) -> Refusal {
    let has = |stream: &str| {
        let wide: Vec<u8> = stream.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memmem::find(head, &wide).is_some()
    };
    let name = name.to_ascii_lowercase();
    let new_name = [".xlsx", ".xlsm", ".xltx"]
        .iter()
        .any(|end| name.ends_with(end));
    let (code, reason) = if has("EncryptedPackage") {
        (
            "encrypted",
            "This workbook is protected by a password. Open it in Excel, take the password away (File, Info, Protect Workbook) and save it again.",
        )
    } else if has("WordDocument") || has("PowerPoint Document") {
        (
            "document",
            "This is a text document or a presentation. Copy the table out of it and paste it here.",
        )
    } else if has("Workbook") || has("Book") {
        (
            "xls",
            "This is a workbook of Excel 97 to 2003 (.xls). Open it in Excel and save it as .xlsx.",
        )
    } else if new_name {
        // A workbook that is none of the above and has this name was wrapped to be encrypted.
        (
            "encrypted",
            "This workbook is protected by a password or by rights management. Open it in Excel, take the protection away and save it again.",
        )
    } else {
        (
            "xls",
            "This is a file of an older Office program. Open it there and save its table as .xlsx or CSV.",
        )
    };
    Refusal::new(code, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, content: &[u8]) -> Vec<u8> {
        let mut out = b"PK\x03\x04".to_vec();
        out.extend([0; 22]);
        out.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        out.extend([0; 2]);
        out.extend(name.as_bytes());
        out.extend(content);
        out
    }

    #[test]
    fn a_package_is_known_by_its_entries() {
        let check = |entries: &[(&str, &[u8])], expected: Result<Kind, &str>| {
            let head: Vec<u8> = entries.iter().flat_map(|(n, c)| entry(n, c)).collect();
            assert_eq!(zip(&head).map_err(|r| r.code), expected, "{entries:?}");
        };
        check(
            &[("[Content_Types].xml", b"x"), ("xl/workbook.xml", b"y")],
            Ok(Kind::Workbook),
        );
        check(&[("xl/worksheets/sheet1.xml", b"")], Ok(Kind::Workbook));
        check(&[("[Content_Types].xml", b"x")], Ok(Kind::Workbook));
        check(
            &[("_rels/.rels", b""), ("xl/workbook.bin", b"")],
            Err("xlsb"),
        );
        check(
            &[("[Content_Types].xml", b"x"), ("word/document.xml", b"y")],
            Err("document"),
        );
        let ods = b"application/vnd.oasis.opendocument.spreadsheet";
        check(&[("mimetype", ods), ("content.xml", b"")], Err("ods"));
        let odt = b"application/vnd.oasis.opendocument.text";
        check(&[("mimetype", odt)], Err("document"));
        check(&[("rows.csv", b"a,b")], Err("archive"));
        assert_eq!(zip(b"PK\x05\x06\0\0").map_err(|r| r.code), Err("archive"));
    }

    #[test]
    fn a_compound_file_is_known_by_its_streams() {
        let check = |stream: &str, name: &str, expected: &str| {
            let mut head = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
            head.extend(stream.encode_utf16().flat_map(u16::to_le_bytes));
            assert_eq!(ole(&head, name).code, expected);
        };
        check("EncryptedPackage", "a.csv", "encrypted");
        check("Workbook", "a.xlsx", "xls");
        check("WordDocument", "a.doc", "document");
        check("", "a.XLSX", "encrypted");
        check("", "a.xls", "xls");
        let head = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
        assert!(
            ole(head, "a.xlsx")
                .reason
                .contains("protected by a password")
        );
    }
}
