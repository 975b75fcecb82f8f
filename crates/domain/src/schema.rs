//! Schemas of versions: whether one fits the models of its pipeline, and what changes from one to the next.
//!
//! What breaks callers is decided by what calls do: every column has to be there, whether or not it may be
//! empty; columns that are not the schema's are left out of a row, but refused as tensors of the inference
//! protocol; unknown parameters are refused everywhere; a value out of range and a category never seen are
//! scored all the same; outputs are found by name.

mod check;
mod difference;

pub use check::check;
pub use difference::difference;

use portico_api::schema::{ColumnType, InputColumn, OutputKind};

/// A type in words, as in “is a number now”.
fn type_words(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::String => "text",
        ColumnType::Double => "a number",
        ColumnType::Integer => "a whole number",
        ColumnType::Boolean => "true or false",
        ColumnType::Datetime => "a date",
    }
}

fn kind_words(kind: OutputKind) -> &'static str {
    match kind {
        OutputKind::Label => "a label",
        OutputKind::Probability => "a probability",
        OutputKind::Value => "a number",
    }
}

/// Whether cells of this type travel to the models as text.
fn is_text(column_type: ColumnType) -> bool {
    matches!(column_type, ColumnType::String | ColumnType::Datetime)
}

/// The tensor that a column is part of.
fn tensor_of(column: &InputColumn) -> &str {
    column.tensor.as_ref().unwrap_or(&column.name)
}
