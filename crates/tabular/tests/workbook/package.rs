//! Builds packages for tests, as correct or as broken as a test wants them.

use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;

/// Parts by name.
pub struct Package(Vec<(String, Vec<u8>)>);

impl Package {
    /// A workbook with one sheet, `Sheet1`, of this XML within `sheetData` and the text after it.
    pub fn sheet(data: &str) -> Self {
        Self::of(&[("Sheet1", "", data)])
    }

    /// A workbook with these sheets: name, further attributes, XML within `sheetData`.
    pub fn of(sheets: &[(&str, &str, &str)]) -> Self {
        let mut list = String::new();
        let mut links = String::new();
        let mut parts = Vec::new();
        for (number, (name, attributes, data)) in (1..).zip(sheets) {
            list.push_str(&format!(
                r#"<sheet name="{name}" sheetId="{number}" r:id="rId{number}" {attributes}/>"#
            ));
            links.push_str(&format!(r#"<Relationship Id="rId{number}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet{number}.xml"/>"#));
            parts.push((
                format!("xl/worksheets/sheet{number}.xml"),
                format!(r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{data}</sheetData></worksheet>"#),
            ));
        }
        let mut package = Self(Vec::new())
            .with("[Content_Types].xml", r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#)
            .with("_rels/.rels", r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#)
            .with("xl/workbook.xml", format!(r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><workbookPr/><sheets>{list}</sheets></workbook>"#))
            .with("xl/_rels/workbook.xml.rels", format!(r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}</Relationships>"#));
        for (name, xml) in parts {
            package = package.with(&name, xml);
        }
        package
    }

    /// With another part, or another content of it.
    pub fn with(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), content.into()));
        self
    }

    /// With cell formats of these codes, from format 1 on.
    pub fn formats(self, codes: &[&str]) -> Self {
        let mut formats = String::new();
        let mut xfs = r#"<xf numFmtId="0"/>"#.to_owned();
        for (number, code) in (164..).zip(codes) {
            formats.push_str(&format!(
                r#"<numFmt numFmtId="{number}" formatCode="{}"/>"#,
                code.replace('"', "&quot;")
            ));
            xfs.push_str(&format!(r#"<xf numFmtId="{number}"/>"#));
        }
        self.with("xl/styles.xml", format!(r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts>{formats}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs>{xfs}</cellXfs></styleSheet>"#))
    }

    /// With shared texts, as XML of `si` elements.
    pub fn strings(self, items: &str) -> Self {
        self.with("xl/sharedStrings.xml", format!(r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{items}</sst>"#))
    }

    /// With days counted from 1904.
    pub fn from_1904(mut self) -> Self {
        for (name, content) in &mut self.0 {
            if name == "xl/workbook.xml" {
                let xml = String::from_utf8(std::mem::take(content)).unwrap();
                *content = xml
                    .replace("<workbookPr/>", r#"<workbookPr date1904="1"/>"#)
                    .into_bytes();
            }
        }
        self
    }

    /// The package's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in &self.0 {
            zip.start_file(name.as_str(), SimpleFileOptions::default())
                .unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    /// The package's bytes with a part in it that repeats a text up to this many bytes.
    pub fn with_long(&self, name: &str, head: &str, unit: &str, size: u64, tail: &str) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (known, content) in &self.0 {
            if known != name {
                zip.start_file(known.as_str(), SimpleFileOptions::default())
                    .unwrap();
                zip.write_all(content).unwrap();
            }
        }
        zip.start_file(name, SimpleFileOptions::default().large_file(true))
            .unwrap();
        zip.write_all(head.as_bytes()).unwrap();
        let block = unit.repeat((1 << 20) / unit.len());
        let mut left = size;
        while left > 0 {
            let now = left.min(block.len() as u64);
            zip.write_all(&block.as_bytes()[..usize::try_from(now).unwrap()])
                .unwrap();
            left -= now;
        }
        zip.write_all(tail.as_bytes()).unwrap();
        zip.finish().unwrap().into_inner()
    }
}
