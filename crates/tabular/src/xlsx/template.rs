//! An empty workbook to fill in, made from an endpoint's schema: its columns with their types, the lists
//! to choose from, and what each of them means. Knows nothing of a filled table.

use super::cell::{self, Out, cell};
use super::serial;
use super::write::{self, BOLD};
use super::zip::Pack;
use crate::place;
use crate::refusal::Refusal;
use portico_api::schema::{ColumnType, InputColumn, Schema};

/// How many sample rows are put in.
const SAMPLES: usize = 5;
/// The last row that the lists and ranges apply to.
const LAST: u32 = 1_048_576;
/// The most characters of a message that Excel shows.
const MESSAGE: usize = 255;

/// Cell formats after those of rows that are written: text, so that leading zeros stay; a day; a moment;
/// text that goes on in the next line.
const TEXT: u32 = 2;
const DAY: u32 = 3;
const MOMENT: u32 = 4;
const WRAPPED: u32 = 5;

/// Makes the workbook: a sheet `Rows` to fill in, a sheet `Notes`, and the lists in a sheet `Values`.
/// `service` is the service's name; samples hold cells by column of the schema, in the wire's notation.
///
/// # Errors
/// When a name is longer than a cell takes.
pub fn template(
    service: &str,
    schema: &Schema,
    samples: &[Vec<String>],
) -> Result<Vec<u8>, Refusal> {
    let samples = &samples[..samples.len().min(SAMPLES)];
    let lists = lists(schema);
    let mut sheets = vec!["Rows".to_owned(), "Notes".to_owned()];
    let mut pack = Pack::new();
    pack.begin(&write::part(1))?;
    pack.write(&rows(schema, samples, &lists)?)?;
    pack.begin(&write::part(2))?;
    pack.write(&notes(service, schema)?)?;
    if !lists.is_empty() {
        sheets.push("Values".to_owned());
        pack.begin(&write::part(3))?;
        pack.write(&values(schema, &lists)?)?;
    }
    write::finish(pack, &sheets, STYLES)
}

/// The inputs that have a list, in the order of the columns that hold them in `Values`.
fn lists(schema: &Schema) -> Vec<usize> {
    (0..schema.inputs.len())
        .filter(|input| !schema.inputs[*input].categories.is_empty())
        .collect()
}

/// A sheet whose XML is being made.
struct Sheet {
    xml: Vec<u8>,
    row: u32,
}

impl Sheet {
    fn new(first: bool, columns: &[(f64, u32)]) -> Self {
        let mut xml = Vec::new();
        write::open_sheet(true, first, columns, &mut xml);
        Self { xml, row: 0 }
    }

    /// Adds a row of values with their cell formats.
    fn row<'a>(&mut self, cells: impl IntoIterator<Item = (Out<'a>, u32)>) -> Result<(), Refusal> {
        write::open_row(self.row, &mut self.xml);
        for (column, (value, style)) in (0..).zip(cells) {
            let at = (self.row, column);
            cell(value, at, &place::letters(column), style, &mut self.xml)?;
        }
        self.xml.extend_from_slice(b"</row>");
        self.row += 1;
        Ok(())
    }

    /// Ends the sheet, with further XML after its rows.
    fn end(mut self, after: &[u8]) -> Vec<u8> {
        self.xml.extend_from_slice(b"</sheetData>");
        self.xml.extend_from_slice(after);
        self.xml.extend_from_slice(b"</worksheet>");
        self.xml
    }
}

fn rows(schema: &Schema, samples: &[Vec<String>], lists: &[usize]) -> Result<Vec<u8>, Refusal> {
    let columns: Vec<(f64, u32)> = schema
        .inputs
        .iter()
        .enumerate()
        .map(|(at, input)| {
            let cells = samples.iter().filter_map(|row| row.get(at));
            (
                width(&input.name, cells.chain(&input.categories)),
                style(input, samples, at),
            )
        })
        .collect();
    let mut sheet = Sheet::new(true, &columns);
    sheet.row(
        schema
            .inputs
            .iter()
            .map(|input| (Out::Text(&input.name), BOLD)),
    )?;
    for sample in samples {
        let numbers: Vec<(String, u32)> = schema
            .inputs
            .iter()
            .zip(sample)
            .zip(&columns)
            .map(|((input, text), (_, style))| (stored(input, text), *style))
            .collect();
        sheet.row(
            schema
                .inputs
                .iter()
                .zip(&numbers)
                .map(|(input, (text, style))| (value(input.column_type, text), *style)),
        )?;
    }
    Ok(sheet.end(&validations(schema, lists)))
}

/// A sample's text as a workbook stores it: days as numbers.
fn stored(input: &InputColumn, text: &str) -> String {
    if input.column_type == ColumnType::Datetime
        && let Some(day) = serial::parse(text)
    {
        let mut out = String::new();
        serial::shortest(day, &mut out);
        return out;
    }
    text.to_owned()
}

fn value(column_type: ColumnType, text: &str) -> Out<'_> {
    match column_type {
        _ if text.is_empty() => Out::Empty,
        ColumnType::String => Out::Text(text),
        ColumnType::Double | ColumnType::Integer | ColumnType::Datetime => Out::Number(text),
        ColumnType::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" => Out::Boolean(true),
            "false" => Out::Boolean(false),
            _ => Out::Text(text),
        },
    }
}

/// The cell format of an input's column.
fn style(input: &InputColumn, samples: &[Vec<String>], at: usize) -> u32 {
    match input.column_type {
        ColumnType::String => TEXT,
        ColumnType::Datetime => {
            let timed = samples
                .iter()
                .filter_map(|row| row.get(at))
                .any(|text| text.contains(':'));
            if timed { MOMENT } else { DAY }
        }
        ColumnType::Double | ColumnType::Integer | ColumnType::Boolean => 0,
    }
}

/// A width at which name and values can be read.
fn width<'a>(name: &str, values: impl Iterator<Item = &'a String>) -> f64 {
    let longest = values
        .map(|value| value.chars().count())
        .chain([name.chars().count()])
        .max()
        .unwrap_or(0);
    f64::from(u32::try_from(longest.clamp(8, 40)).unwrap_or(40)) + 2.0
}

/// Lists to choose from and ranges, as warnings: the model takes other values too, where its schema does.
fn validations(schema: &Schema, lists: &[usize]) -> Vec<u8> {
    let mut all = Vec::new();
    let mut count = 0;
    for (at, input) in (0_u32..).zip(&schema.inputs) {
        let list = lists.iter().position(|list| *list == at as usize);
        if let Some((kind, formulas, message)) = rule(input, list) {
            count += 1;
            validation(input, at, &kind, &formulas, &message, &mut all);
        }
    }
    if count == 0 {
        return Vec::new();
    }
    let mut out = format!("<dataValidations count=\"{count}\">").into_bytes();
    out.extend(all);
    out.extend_from_slice(b"</dataValidations>");
    out
}

/// The attributes of a rule, its formulas, and what is said when a value breaks it.
fn rule(input: &InputColumn, list: Option<usize>) -> Option<(String, Vec<String>, String)> {
    if let Some(list) = list {
        let column = place::letters(u32::try_from(list).unwrap_or(0));
        let last = input.categories.len() + 1;
        return Some((
            "type=\"list\"".to_owned(),
            vec![format!("Values!${column}$2:${column}${last}")],
            "The model knows only the values of the list.".to_owned(),
        ));
    }
    let kind = match input.column_type {
        ColumnType::Boolean => {
            return Some((
                "type=\"list\"".to_owned(),
                vec!["\"TRUE,FALSE\"".to_owned()],
                "This column takes TRUE or FALSE.".to_owned(),
            ));
        }
        ColumnType::Datetime => {
            return Some((
                "type=\"date\" operator=\"greaterThanOrEqual\"".to_owned(),
                vec!["1".to_owned()],
                "This column takes a date, or a date and a time.".to_owned(),
            ));
        }
        ColumnType::String => return None,
        ColumnType::Double => "decimal",
        ColumnType::Integer => "whole",
    };
    let text = |value: f64| {
        let mut out = String::new();
        serial::shortest(value, &mut out);
        out
    };
    let (operator, formulas) = match (input.min, input.max) {
        (Some(min), Some(max)) => ("between", vec![text(min), text(max)]),
        (Some(min), None) => ("greaterThanOrEqual", vec![text(min)]),
        (None, Some(max)) => ("lessThanOrEqual", vec![text(max)]),
        (None, None) => return None,
    };
    Some((
        format!("type=\"{kind}\" operator=\"{operator}\""),
        formulas,
        format!("The model was trained on values {}.", range(input)),
    ))
}

fn validation(
    input: &InputColumn,
    column: u32,
    kind: &str,
    formulas: &[String],
    message: &str,
    out: &mut Vec<u8>,
) {
    let letters = place::letters(column);
    out.extend_from_slice(
        format!("<dataValidation {kind} errorStyle=\"warning\" showErrorMessage=\"1\"").as_bytes(),
    );
    if input.nullable {
        out.extend_from_slice(b" allowBlank=\"1\"");
    }
    for (name, text) in [("errorTitle", input.name.as_str()), ("error", message)] {
        let most = if name == "error" { MESSAGE } else { 32 };
        out.extend_from_slice(format!(" {name}=\"").as_bytes());
        cell::attribute(&text.chars().take(most).collect::<String>(), out);
        out.push(b'"');
    }
    out.extend_from_slice(format!(" sqref=\"{letters}2:{letters}{LAST}\">").as_bytes());
    for (number, formula) in (1..).zip(formulas) {
        out.extend_from_slice(format!("<formula{number}>").as_bytes());
        cell::escape(formula, out);
        out.extend_from_slice(format!("</formula{number}>").as_bytes());
    }
    out.extend_from_slice(b"</dataValidation>");
}

fn notes(service: &str, schema: &Schema) -> Result<Vec<u8>, Refusal> {
    let columns = [
        (24.0, 0),
        (14.0, 0),
        (12.0, 0),
        (40.0, WRAPPED),
        (60.0, WRAPPED),
    ];
    let mut sheet = Sheet::new(false, &columns);
    let head = ["Column", "Type", "May be empty", "Values", "Description"];
    sheet.row(head.map(|name| (Out::Text(name), BOLD)))?;
    for input in &schema.inputs {
        let kind = match input.column_type {
            ColumnType::String => "text",
            ColumnType::Double => "number",
            ColumnType::Integer => "whole number",
            ColumnType::Boolean => "TRUE or FALSE",
            ColumnType::Datetime => "date or time",
        };
        let empty = if input.nullable { "yes" } else { "no" };
        let values = if input.categories.is_empty() {
            range(input)
        } else {
            short(&input.categories.join(", "))
        };
        let text = |text| (Out::Text(text), WRAPPED);
        sheet.row([
            text(&input.name),
            text(kind),
            text(empty),
            text(&values),
            text(&short(&input.description)),
        ])?;
    }
    sheet.row([])?;
    let about = format!(
        "Fill in the sheet Rows, one row for each prediction, and drop this file on the spreadsheet page of {}.",
        short(service)
    );
    sheet.row([(Out::Text(&about), 0)])?;
    Ok(sheet.end(b""))
}

/// A text that is not longer than a note should be.
fn short(text: &str) -> String {
    const MOST: usize = 1000;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}

/// The range seen in training, in words.
fn range(input: &InputColumn) -> String {
    let text = |value: f64| {
        let mut out = String::new();
        serial::shortest(value, &mut out);
        out
    };
    match (input.min, input.max) {
        (Some(min), Some(max)) => format!("from {} to {}", text(min), text(max)),
        (Some(min), None) => format!("from {}", text(min)),
        (None, Some(max)) => format!("up to {}", text(max)),
        (None, None) => String::new(),
    }
}

fn values(schema: &Schema, lists: &[usize]) -> Result<Vec<u8>, Refusal> {
    let inputs: Vec<&InputColumn> = lists.iter().map(|list| &schema.inputs[*list]).collect();
    let columns: Vec<(f64, u32)> = inputs
        .iter()
        .map(|input| (width(&input.name, input.categories.iter()), 0))
        .collect();
    let mut sheet = Sheet::new(false, &columns);
    sheet.row(inputs.iter().map(|input| (Out::Text(&input.name), BOLD)))?;
    let longest = inputs.iter().map(|input| input.categories.len()).max();
    for at in 0..longest.unwrap_or(0) {
        sheet.row(inputs.iter().map(|input| match input.categories.get(at) {
            Some(category) => (value(input.column_type, category), 0),
            None => (Out::Empty, 0),
        }))?;
    }
    Ok(sheet.end(b""))
}

/// Cell formats: plain, bold, text, a day, a moment, text that goes on in the next line.
const STYLES: &str = r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font><font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"#;
