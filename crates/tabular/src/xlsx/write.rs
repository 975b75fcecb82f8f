//! Writes rows as a workbook. Bytes go out while rows come in, so the memory does not grow with the rows.

use super::cell::{attribute, cell};
use super::zip::Pack;
use crate::limits;
use crate::place;
use crate::refusal::Refusal;

pub use super::cell::Out;

/// When what was made is handed to the packer, in bytes.
const CHUNK: usize = 256 << 10;
/// The cell format of the header.
pub(super) const BOLD: u32 = 1;
/// The most columns of a sheet.
const COLUMNS: usize = 16_384;
/// The most characters of a sheet's name.
const NAME: usize = 31;

/// Makes a workbook of one sheet, or of more where the rows don't fit one.
pub struct Writer {
    pack: Pack,
    xml: Vec<u8>,
    sheet: String,
    sheets: u32,
    widths: Vec<f64>,
    header: Vec<String>,
    letters: Vec<String>,
    row: u32,
    most: u32,
}

impl Writer {
    /// An empty workbook; its sheet's name is made fit for one.
    pub fn new(sheet: &str) -> Self {
        Self {
            pack: Pack::new(),
            xml: Vec::with_capacity(CHUNK + (CHUNK >> 2)),
            sheet: sheet_name(sheet),
            sheets: 0,
            widths: Vec::new(),
            header: Vec::new(),
            letters: Vec::new(),
            row: 0,
            most: limits::XLSX_ROWS,
        }
    }

    /// Sets how wide columns are, in characters. Comes before the header and the rows.
    pub fn widths(&mut self, widths: &[f64]) {
        self.widths = widths.to_vec();
    }

    /// Sets the header: bold, in sight when rows are scrolled, and repeated on each sheet. Comes before the
    /// rows.
    ///
    /// # Errors
    /// When a name is longer than a cell takes, or there are too many.
    pub fn header<S: AsRef<str>>(&mut self, names: &[S]) -> Result<(), Refusal> {
        self.header = names.iter().map(|name| name.as_ref().to_owned()).collect();
        self.begin()
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When a text is longer than a cell takes, a row has too many cells, or the file becomes too large.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = Out<'a>>) -> Result<(), Refusal> {
        if self.sheets == 0 || self.row >= self.most {
            self.begin()?;
        }
        open_row(self.row, &mut self.xml);
        for (column, value) in cells.into_iter().enumerate() {
            self.letter(column)?;
            let at = (self.row, u32::try_from(column).unwrap_or(u32::MAX));
            cell(value, at, &self.letters[column], 0, &mut self.xml)?;
        }
        self.xml.extend_from_slice(b"</row>");
        self.row += 1;
        if self.xml.len() >= CHUNK {
            self.flush()?;
        }
        Ok(())
    }

    /// Takes the finished bytes away: the next piece of the file.
    pub fn take(&mut self) -> Vec<u8> {
        self.pack.take()
    }

    /// Ends the workbook; the last piece of the file.
    ///
    /// # Errors
    /// When the file becomes too large.
    pub fn finish(mut self) -> Result<Vec<u8>, Refusal> {
        if self.sheets == 0 {
            self.begin()?;
        }
        self.end()?;
        let names: Vec<String> = (1..=self.sheets)
            .map(|number| numbered(&self.sheet, number))
            .collect();
        finish(self.pack, &names, STYLES)
    }

    /// Begins the next sheet.
    fn begin(&mut self) -> Result<(), Refusal> {
        if self.sheets > 0 {
            self.end()?;
        }
        self.sheets += 1;
        self.row = 0;
        self.pack.begin(&part(self.sheets))?;
        let frozen = !self.header.is_empty();
        let columns: Vec<(f64, u32)> = self.widths.iter().map(|width| (*width, 0)).collect();
        open_sheet(frozen, self.sheets == 1, &columns, &mut self.xml);
        if frozen {
            open_row(0, &mut self.xml);
            for column in 0..self.header.len() {
                self.letter(column)?;
                let at = (0, u32::try_from(column).unwrap_or(u32::MAX));
                let name = Out::Text(&self.header[column]);
                cell(name, at, &self.letters[column], BOLD, &mut self.xml)?;
            }
            self.xml.extend_from_slice(b"</row>");
            self.row = 1;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Refusal> {
        self.xml.extend_from_slice(b"</sheetData></worksheet>");
        self.flush()
    }

    fn flush(&mut self) -> Result<(), Refusal> {
        self.pack.write(&self.xml)?;
        self.xml.clear();
        Ok(())
    }

    /// Sees to it that a column's letters are at hand.
    fn letter(&mut self, column: usize) -> Result<(), Refusal> {
        if column >= COLUMNS {
            return Err(Refusal::new(
                "too_many_columns",
                format!("A workbook takes {COLUMNS} columns. Download the rows as CSV."),
            ));
        }
        while self.letters.len() <= column {
            let next = u32::try_from(self.letters.len()).unwrap_or(u32::MAX);
            self.letters.push(place::letters(next));
        }
        Ok(())
    }
}

/// The name of a sheet's part.
pub(super) fn part(number: u32) -> String {
    format!("xl/worksheets/sheet{number}.xml")
}

/// Adds the beginning of a sheet, up to its rows. Columns have a width and a cell format.
pub(super) fn open_sheet(frozen: bool, first: bool, columns: &[(f64, u32)], out: &mut Vec<u8>) {
    out.extend_from_slice(
        br#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0""#,
    );
    if first {
        out.extend_from_slice(br#" tabSelected="1""#);
    }
    out.push(b'>');
    if frozen {
        out.extend_from_slice(
            br#"<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>"#,
        );
    }
    out.extend_from_slice(b"</sheetView></sheetViews>");
    if !columns.is_empty() {
        out.extend_from_slice(b"<cols>");
        for (at, (width, style)) in columns.iter().enumerate() {
            let number = at + 1;
            let line = format!(
                r#"<col min="{number}" max="{number}" width="{:.2}" style="{style}" customWidth="1"/>"#,
                width.clamp(1.0, 255.0)
            );
            out.extend_from_slice(line.as_bytes());
        }
        out.extend_from_slice(b"</cols>");
    }
    out.extend_from_slice(b"<sheetData>");
}

/// Adds the beginning of a row, counted from 0.
pub(super) fn open_row(row: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(b"<row r=\"");
    super::cell::decimal(row + 1, out);
    out.extend_from_slice(b"\">");
}

/// Adds the parts that hold a workbook's sheets together, and ends it.
pub(super) fn finish(mut pack: Pack, sheets: &[String], styles: &str) -> Result<Vec<u8>, Refusal> {
    const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;
    const TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    const RELATION: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let mut list = Vec::new();
    let mut links = String::new();
    let mut types = String::new();
    for (number, name) in (1..).zip(sheets) {
        list.extend_from_slice(b"<sheet name=\"");
        attribute(name, &mut list);
        list.extend_from_slice(format!(r#"" sheetId="{number}" r:id="rId{number}"/>"#).as_bytes());
        links.push_str(&format!(
            r#"<Relationship Id="rId{number}" Type="{RELATION}/worksheet" Target="worksheets/sheet{number}.xml"/>"#
        ));
        types.push_str(&format!(
            r#"<Override PartName="/{}" ContentType="{TYPE}.worksheet+xml"/>"#,
            part(number)
        ));
    }
    let after = sheets.len() + 1;
    pack.begin("xl/workbook.xml")?;
    pack.write(format!(r#"{HEAD}<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{RELATION}"><bookViews><workbookView/></bookViews><sheets>"#).as_bytes())?;
    pack.write(&list)?;
    pack.write(b"</sheets></workbook>")?;
    pack.begin("xl/_rels/workbook.xml.rels")?;
    pack.write(format!(r#"{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{links}<Relationship Id="rId{after}" Type="{RELATION}/styles" Target="styles.xml"/></Relationships>"#).as_bytes())?;
    pack.begin("xl/styles.xml")?;
    pack.write(HEAD.as_bytes())?;
    pack.write(styles.as_bytes())?;
    pack.begin("_rels/.rels")?;
    pack.write(format!(r#"{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#).as_bytes())?;
    pack.begin("[Content_Types].xml")?;
    pack.write(format!(r#"{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>{types}</Types>"#).as_bytes())?;
    pack.finish()
}

/// A name that a sheet can have: some characters are not allowed, nor are more than 31.
fn sheet_name(wanted: &str) -> String {
    let clean: String = wanted
        .chars()
        .map(|c| match c {
            '[' | ']' | ':' | '*' | '?' | '/' | '\\' => '_',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    let name = shorten(clean.trim().trim_matches('\''), NAME);
    if name.is_empty() || name.eq_ignore_ascii_case("history") {
        "Rows".to_owned()
    } else {
        name
    }
}

/// The name of the first sheet, or of one that goes on.
fn numbered(name: &str, number: u32) -> String {
    if number == 1 {
        return name.to_owned();
    }
    let suffix = format!(" ({number})");
    format!("{}{suffix}", shorten(name, NAME - suffix.len()))
}

/// The beginning of a text, in so many units of UTF-16, as spreadsheets count.
fn shorten(text: &str, most: usize) -> String {
    let mut left = most;
    let kept = text.chars().take_while(|c| {
        let fits = c.len_utf16() <= left;
        left = left.saturating_sub(c.len_utf16());
        fits
    });
    kept.collect::<String>()
        .trim_end_matches(['\'', ' '])
        .to_owned()
}

/// Cell formats: 0 plain, 1 bold.
const STYLES: &str = r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font><font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"#;

#[cfg(test)]
mod tests {
    use super::super::read::Book;
    use super::*;

    #[test]
    fn rows_that_do_not_fit_go_on_in_the_next_sheet() {
        let mut writer = Writer::new("Rows");
        writer.most = 3;
        writer.header(&["n"]).unwrap();
        for number in ["1", "2", "3", "4", "5"] {
            writer.row([Out::Number(number)]).unwrap();
        }
        let mut book = Book::open(writer.finish().unwrap()).unwrap();
        let mut seen = Vec::new();
        for sheet in 0..book.sheets().len() {
            let name = book.sheets()[sheet].name.clone();
            let read = book.read(sheet, None, &mut |_| {}).unwrap();
            seen.push((name, read.table.header().to_vec(), read.table.rows()));
        }
        let n = vec!["n".to_owned()];
        assert_eq!(
            seen,
            [
                ("Rows".to_owned(), n.clone(), 2),
                ("Rows (2)".to_owned(), n.clone(), 2),
                ("Rows (3)".to_owned(), n, 1)
            ]
        );
    }

    #[test]
    fn sheets_get_names_that_are_allowed() {
        for (wanted, number, expected) in [
            ("Iris", 1, "Iris"),
            ("a/b:c", 1, "a_b_c"),
            ("'quoted'", 1, "quoted"),
            ("", 1, "Rows"),
            ("[]", 1, "__"),
            (
                "An endpoint with a rather long name",
                1,
                "An endpoint with a rather long",
            ),
            (
                "An endpoint with a rather long name",
                2,
                "An endpoint with a rather l (2)",
            ),
            ("Iris", 12, "Iris (12)"),
        ] {
            assert_eq!(numbered(&sheet_name(wanted), number), expected);
        }
    }
}
