//! Builds packages for tests, as correct or as broken as a test wants them.

use flate2::{Compress, Compression, Crc, FlushCompress};
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

    /// A part's content.
    pub fn part(&self, name: &str) -> &[u8] {
        let found = self.0.iter().find(|(known, _)| known == name);
        &found.unwrap().1
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
    pub fn since_1904(self) -> Self {
        self.replaced("<workbookPr/>", r#"<workbookPr date1904="1"/>"#)
    }

    /// With the wish that all formulas be calculated anew.
    pub fn recalculated(self) -> Self {
        self.replaced("</sheets>", r#"</sheets><calcPr fullCalcOnLoad="1"/>"#)
    }

    /// With something else in the workbook's own part.
    fn replaced(self, text: &str, by: &str) -> Self {
        let xml = String::from_utf8(self.part("xl/workbook.xml").to_vec()).unwrap();
        self.with("xl/workbook.xml", xml.replace(text, by))
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

    /// The package's bytes, with another part that is not packed.
    pub fn with_stored(&self, name: &str, content: &[u8]) -> Vec<u8> {
        let mut zip = Raw::default();
        for (name, content) in self
            .0
            .iter()
            .map(|(name, content)| (name.as_str(), content.as_slice()))
            .chain([(name, content)])
        {
            let mut crc = Crc::new();
            crc.update(content);
            zip.add(name, 0, content, content.len() as u64, crc.sum());
        }
        zip.finish()
    }

    /// The package's bytes, with a part that repeats a text so many times between a head and a tail. It is
    /// neither held nor packed as a whole: a deflated block is repeated as it is.
    pub fn with_long(&self, name: &str, head: &str, unit: &str, times: u64, tail: &str) -> Vec<u8> {
        let mut zip = Raw::default();
        for (known, content) in &self.0 {
            if known != name {
                let mut crc = Crc::new();
                crc.update(content);
                zip.add(known, 0, content, content.len() as u64, crc.sum());
            }
        }
        let mut deflater = Compress::new(Compression::default(), false);
        let mut packed = Vec::new();
        let mut crc = Crc::new();
        let mut block = |text: &str, flush| {
            let mut out = Vec::with_capacity(text.len() + 1024);
            deflater
                .compress_vec(text.as_bytes(), &mut out, flush)
                .unwrap();
            out
        };
        packed.extend(block(head, FlushCompress::Full));
        crc.update(head.as_bytes());
        let middle = block(unit, FlushCompress::Full);
        let mut one = Crc::new();
        one.update(unit.as_bytes());
        for _ in 0..times {
            packed.extend(&middle);
            crc.combine(&one);
        }
        packed.extend(block(tail, FlushCompress::Finish));
        crc.update(tail.as_bytes());
        let size = (head.len() + tail.len()) as u64 + unit.len() as u64 * times;
        zip.add(name, 8, &packed, size, crc.sum());
        zip.finish()
    }
}

/// Writes packages without asking whether they make sense.
#[derive(Default)]
struct Raw {
    out: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Raw {
    fn add(&mut self, name: &str, method: u16, packed: &[u8], size: u64, crc: u32) {
        let offset = u32::try_from(self.out.len()).unwrap();
        let length = u32::try_from(packed.len()).unwrap();
        let narrow = u32::try_from(size).unwrap_or(u32::MAX);
        let mut extra = Vec::new();
        if narrow == u32::MAX {
            extra.extend([1, 0, 8, 0]);
            extra.extend(size.to_le_bytes());
        }
        let sizes = |extra: &[u8]| {
            let mut out = Vec::new();
            out.extend([45, 0, 0, 0]);
            out.extend(method.to_le_bytes());
            out.extend([0; 4]);
            for field in [crc, length, narrow] {
                out.extend(field.to_le_bytes());
            }
            out.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            out.extend(u16::try_from(extra.len()).unwrap().to_le_bytes());
            out
        };
        self.out.extend(b"PK\x03\x04");
        self.out.extend(sizes(&[]));
        self.out.extend(name.as_bytes());
        self.out.extend(packed);
        self.directory.extend(b"PK\x01\x02\x2D\0");
        self.directory.extend(sizes(&extra));
        self.directory.extend([0; 10]);
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.directory.extend(extra);
        self.count += 1;
    }

    fn finish(mut self) -> Vec<u8> {
        let start = u32::try_from(self.out.len()).unwrap();
        self.out.extend(&self.directory);
        self.out.extend(b"PK\x05\x06\0\0\0\0");
        self.out.extend(self.count.to_le_bytes());
        self.out.extend(self.count.to_le_bytes());
        self.out
            .extend(u32::try_from(self.directory.len()).unwrap().to_le_bytes());
        self.out.extend(start.to_le_bytes());
        self.out.extend([0; 2]);
        self.out
    }
}
