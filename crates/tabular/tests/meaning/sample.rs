//! Tables and schemas for the tests.

use portico_api::schema::{ColumnType, InputColumn, Schema};
use portico_tabular::table::{Builder, Table};

/// An input that may be empty, without range or categories.
pub fn input(name: &str, column_type: ColumnType) -> InputColumn {
    InputColumn {
        name: name.to_owned(),
        column_type,
        nullable: true,
        min: None,
        max: None,
        categories: Vec::new(),
        description: String::new(),
        tensor: None,
    }
}

pub fn schema(inputs: Vec<InputColumn>) -> Schema {
    Schema {
        inputs,
        outputs: Vec::new(),
        parameters: Vec::new(),
    }
}

/// Three inputs of the penguins: a category, a number in a range, a whole number that must be there.
pub fn penguins() -> Schema {
    let mut island = input("island", ColumnType::String);
    island.nullable = false;
    island.categories = ["Biscoe", "Dream", "Torgersen"].map(str::to_owned).to_vec();
    let mut bill = input("bill_length_mm", ColumnType::Double);
    bill.min = Some(30.0);
    bill.max = Some(62.0);
    let mut year = input("year", ColumnType::Integer);
    year.nullable = false;
    schema(vec![island, bill, year])
}

pub fn table(rows: &[&[&str]]) -> Table {
    let mut builder = Builder::new(None);
    for (row, cells) in (2..).zip(rows) {
        builder.push(row, cells.iter().copied());
    }
    builder.finish(Vec::new())
}

/// A table of one column.
pub fn column(cells: &[&str]) -> Table {
    let mut builder = Builder::new(None);
    for (row, cell) in (2..).zip(cells) {
        builder.push(row, [*cell]);
    }
    builder.finish(vec!["x".to_owned()])
}
