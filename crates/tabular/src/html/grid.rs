//! Puts the cells of the first table of a text in HTML where they belong.

use super::fits;
use super::markup::{Markup, Token, attributes, decode};
use super::precise;
use std::borrow::Cow;

/// The most rows or columns that one cell spans, as browsers have it.
const SPAN: usize = 1000;

/// The cells of the first table by row. None when there is no table, or it is too large.
pub(super) fn read(html: &str) -> Option<Vec<Vec<String>>> {
    let mut grid = Grid::default();
    for token in Markup::new(html) {
        match token {
            Token::Open(name, written) => grid.open(&lower(name), written),
            Token::Close(name) => {
                let name = lower(name);
                grid.close(&name);
                if name == "table" && grid.depth == 0 && grid.seen {
                    break;
                }
            }
            Token::Text(text) => grid.text(text),
        }
        if !fits(grid.cells, grid.row.len()) {
            return None;
        }
    }
    grid.end_row();
    grid.seen.then_some(grid.rows)
}

#[derive(Default)]
struct Grid {
    rows: Vec<Vec<String>>,
    /// Whether a table began, and how many tables we are in.
    seen: bool,
    depth: usize,
    cells: usize,
    in_row: bool,
    row_hidden: bool,
    row: Vec<String>,
    /// In how many more rows each column belongs to a cell further up.
    spanned: Vec<usize>,
    cell: Option<Cell>,
}

/// A cell that is being read.
struct Cell {
    text: String,
    /// What was read since the last character that is no space.
    space: bool,
    hidden: bool,
    columns: usize,
    rows: usize,
    number: Option<(f64, String)>,
}

impl Grid {
    fn open(&mut self, name: &str, written: &str) {
        if name == "table" {
            self.seen = true;
            self.depth += 1;
            return;
        }
        match (self.depth, name) {
            (0, _) => {}
            (1, "tr") => {
                self.end_row();
                self.in_row = true;
                self.row_hidden = hidden(written);
            }
            (1, "td" | "th") => {
                self.end_cell();
                self.in_row = true;
                self.cell = Some(Cell::new(written));
            }
            (1, "tbody" | "thead" | "tfoot") => self.end_group(),
            (_, "br") => self.line(true),
            (_, "p" | "div" | "li" | "tr") => self.line(false),
            (_, "td" | "th") => self.text(" "),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match (self.depth, name) {
            (0, _) => {}
            (1, "table") => {
                self.end_row();
                self.depth = 0;
            }
            (_, "table") => {
                self.depth -= 1;
                self.line(false);
            }
            (1, "tr") => self.end_row(),
            (1, "td" | "th") => self.end_cell(),
            (1, "tbody" | "thead" | "tfoot") => self.end_group(),
            (_, "p" | "div" | "li") => self.line(false),
            _ => {}
        }
    }

    /// Adds a text to the cell; any run of spaces and line breaks is one space, as browsers show it.
    fn text(&mut self, written: &str) {
        let Some(cell) = &mut self.cell else {
            return;
        };
        let blank = |c: char| c.is_ascii_whitespace();
        for (at, word) in written.split(blank).enumerate() {
            cell.space |= at > 0;
            if word.is_empty() {
                continue;
            }
            if cell.space && !cell.text.is_empty() && !cell.text.ends_with('\n') {
                cell.text.push(' ');
            }
            cell.space = false;
            decode(word, &mut cell.text);
        }
    }

    /// Begins a new line in the cell; always, or only where there is something before it.
    fn line(&mut self, always: bool) {
        if let Some(cell) = &mut self.cell {
            cell.space = false;
            if always || !cell.text.is_empty() && !cell.text.ends_with('\n') {
                cell.text.push('\n');
            }
        }
    }

    fn end_cell(&mut self) {
        let Some(cell) = self.cell.take() else {
            return;
        };
        if self.row_hidden || cell.hidden {
            return;
        }
        self.pass_spanned();
        let (columns, rows) = (cell.columns, cell.rows);
        let at = self.row.len();
        self.row.push(cell.finish());
        self.row.resize(at + columns, String::new());
        self.cells += columns;
        if rows > 1 {
            let end = at + columns;
            self.spanned.resize(self.spanned.len().max(end), 0);
            self.spanned[at..end].fill(rows - 1);
        }
    }

    /// Leaves the columns empty that belong to cells further up.
    fn pass_spanned(&mut self) {
        while let Some(left) = self.spanned.get_mut(self.row.len())
            && *left > 0
        {
            *left -= 1;
            self.row.push(String::new());
            self.cells += 1;
        }
    }

    fn end_row(&mut self) {
        self.end_cell();
        if !self.in_row {
            return;
        }
        self.in_row = false;
        if self.row_hidden {
            return;
        }
        // Cells from above may reach over the end of this row.
        let end = self.spanned.iter().rposition(|left| *left > 0);
        while end.is_some_and(|end| self.row.len() <= end) {
            let at = self.row.len();
            self.spanned[at] = self.spanned[at].saturating_sub(1);
            self.row.push(String::new());
            self.cells += 1;
        }
        self.cells += 1;
        self.rows.push(std::mem::take(&mut self.row));
    }

    fn end_group(&mut self) {
        self.end_row();
        self.spanned.clear();
    }
}

impl Cell {
    fn new(written: &str) -> Self {
        let mut cell = Self {
            text: String::new(),
            space: false,
            hidden: false,
            columns: 1,
            rows: 1,
            number: None,
        };
        for (name, value) in attributes(written) {
            cell.hidden |= hides(name, value);
            match lower(name).as_ref() {
                "colspan" => cell.columns = span(value),
                "rowspan" => cell.rows = span(value),
                "x:num" | "sdval" => cell.number = number(value),
                "data-sheets-value" => cell.number = sheets_number(value),
                _ => {}
            }
        }
        cell
    }

    /// The cell's text, or the number beside it where that is what the text shows.
    fn finish(self) -> String {
        let mut text = self.text;
        // Spaces that don't break are how programs write several spaces.
        if text.contains('\u{A0}') {
            text = text.replace('\u{A0}', " ");
            if text.trim().is_empty() {
                return String::new();
            }
        }
        // A line break before the end of a cell shows nothing.
        if text.ends_with('\n') {
            text.pop();
        }
        match self.number {
            Some((value, written)) if written != text && precise::shows(value, &text) => written,
            _ => text,
        }
    }
}

fn span(value: &str) -> usize {
    value.trim().parse().unwrap_or(1).clamp(1, SPAN)
}

fn number(written: &str) -> Option<(f64, String)> {
    let value: f64 = written.trim().parse().ok()?;
    value
        .is_finite()
        .then(|| (value, written.trim().to_owned()))
}

/// The number in what Google Sheets writes beside a cell, such as `{"1":3,"3":1250.5}`.
fn sheets_number(written: &str) -> Option<(f64, String)> {
    let mut json = String::new();
    decode(written, &mut json);
    let value: serde_json::Value = serde_json::from_str(&json).ok()?;
    if value.get("1")?.as_u64()? != 3 {
        return None;
    }
    number(&value.get("3")?.as_number()?.to_string())
}

/// Whether an element is not shown.
fn hidden(written: &str) -> bool {
    attributes(written).any(|(name, value)| hides(name, value))
}

/// Whether an attribute says that its element is not shown.
fn hides(name: &str, value: &str) -> bool {
    if !name.eq_ignore_ascii_case("style") {
        return name.eq_ignore_ascii_case("hidden");
    }
    value
        .split(';')
        .filter_map(|rule| rule.split_once(':'))
        .any(|(property, value)| {
            property.trim().eq_ignore_ascii_case("display")
                && lower(value.trim()).starts_with("none")
        })
}

/// A name in lower case, as it nearly always is.
fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, expected: &[&[&str]]) {
        let found = read(html).unwrap();
        assert_eq!(found, expected, "{html}");
    }

    #[test]
    fn excel() {
        check(
            "<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><head><style>\r\n<!--td {x:y}\r\n.xl65{display:none}-->\r\n</style></head><body link=blue><table border=0 cellpadding=0\r\n style='border-collapse:\r\n collapse'>\r\n<!--StartFragment-->\r\n <col width=64 style='width:48pt'>\r\n <tr height=20>\r\n  <td height=20 class=xl65 align=right x:num=\"1250.123\">1,250.12</td>\r\n  <td>A long text that Excel wraps after forty\r\n  characters</td>\r\n  <td x:num=\"46349\">23.11.2026</td>\r\n </tr>\r\n <tr>\r\n  <td>two<br>\r\n    lines</td>\r\n  <td colspan=2 style='mso-ignore:colspan'>a&nbsp;&nbsp; b<span style='mso-spacerun:yes'>&nbsp;</span></td>\r\n </tr>\r\n <![if supportMisalignedColumns]>\r\n <tr height=0 style='display:none'>\r\n  <td width=64></td></tr>\r\n <![endif]>\r\n<!--EndFragment-->\r\n</table></body></html>",
            &[
                &[
                    "1250.123",
                    "A long text that Excel wraps after forty characters",
                    "23.11.2026",
                ],
                &["two\nlines", "a   b ", ""],
            ],
        );
    }

    #[test]
    fn google_sheets() {
        check(
            r#"<meta charset='utf-8'><google-sheets-html-origin><style type="text/css"><!--td {border: 1px solid #cccccc;}br {mso-data-placement:same-cell;}--></style><table xmlns="http://www.w3.org/1999/xhtml" data-sheets-root="1"><colgroup><col width="100"/></colgroup><tbody><tr style="height:21px;"><td data-sheets-value="{&quot;1&quot;:3,&quot;3&quot;:0.125}">12.5%</td><td data-sheets-value="{&quot;1&quot;:2,&quot;2&quot;:&quot;007&quot;}">007</td></tr><tr><td data-sheets-value="{&quot;1&quot;:3,&quot;3&quot;:46349}">2026-11-23</td><td>x<br/>y</td></tr></tbody></table>"#,
            &[&["0.125", "007"], &["2026-11-23", "x\ny"]],
        );
    }

    #[test]
    fn libreoffice() {
        check(
            "<table cellspacing=\"0\"><colgroup width=\"85\"></colgroup><tr><td height=\"17\" align=\"right\" sdval=\"1250.5\" sdnum=\"1033;0;#,##0\"><font face=\"Liberation Sans\">1,251</font></td><td><b>bold</b> <i>and</i>\n\titalic</td></tr></table>",
            &[&["1250.5", "bold and italic"]],
        );
    }

    #[test]
    fn spans_nested_tables_and_gaps() {
        check(
            "<table><tr><td rowspan=2>a<td colspan=2>b<tr><td>c<td>d<tr><th>e</table><table><tr><td>no</table>",
            &[&["a", "b", ""], &["", "c", "d"], &["e"]],
        );
        check(
            "<table><tr><td>a</td><td rowspan=3>b</td></tr><tr><td>c</td></tr><tr></tr></table>",
            &[&["a", "b"], &["c", ""], &["", ""]],
        );
        check(
            "<table><tr><td>x<table><tr><td>in</td><td>ner</td></tr></table>y</td><td style=\"DISPLAY: none\">h</td><td>z</td></tr></table>",
            &[&["x\nin ner\ny", "z"]],
        );
        check("<table><td>a<td>b</table>", &[&["a", "b"]]);
        check("<table></table>", &[]);
        assert_eq!(read("<p>a</p>"), None);
    }

    #[test]
    fn nothing_runs() {
        check(
            "<table><tr><td><img src=x onerror=\"alert('<td>')\">a<script>document.write('<td>b</td>')</script><style>td{}</style></td></tr></table>",
            &[&["a"]],
        );
    }
}
