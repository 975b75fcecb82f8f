//! Which way of reading holds for a column: decided from all of its cells, or left to a person.
//!
//! A cell tells when it can be read in one way alone: `1.5` has a decimal point, `1,5` a decimal
//! comma, `13/02/2026` the day first. The way that more cells tell holds. Where no cell tells, or
//! cells tell both, and other cells are two different values (`1,234`, `3/4/2026`), a person is asked;
//! what is set until then is the likelier one. The same cells always lead to the same decision.

use super::Reading;
use super::input::Input;
use super::judge::{COMMA, OTHER};
use portico_api::schema::ColumnType;
use std::cmp::Ordering;

/// What is decided of an input.
struct Decision {
    reading: Reading,
    /// Which cells leave it open.
    ambiguous: u8,
}

/// How many cells tell each of two ways, and whether any cell tells at all.
struct Told {
    first: u32,
    second: u32,
}

impl Told {
    /// From the ways' errors: a cell tells a way when it is an error under the other alone.
    fn of(input: &Input, first: usize, second: usize) -> Self {
        let (a, b) = (&input.ways[first].errors, &input.ways[second].errors);
        let both = a.and_count(b);
        Self {
            first: b.count() - both,
            second: a.count() - both,
        }
    }

    fn mixed(&self) -> bool {
        self.first > 0 && self.second > 0
    }
}

/// Decides for all inputs that nobody has decided. With the table read to its end, what stays open is
/// said to be so; `delimiter` is what stands between its cells.
pub(super) fn decide(inputs: &mut [Input], delimiter: Option<char>, settled: bool) -> bool {
    let commas = commas_are_usual(inputs, delimiter);
    let mut changed = false;
    for input in inputs {
        let decision = match input.column.column_type {
            ColumnType::Double | ColumnType::Integer => numbers(input, commas),
            ColumnType::Datetime => dates(input),
            ColumnType::String | ColumnType::Boolean => continue,
        };
        let (reading, ambiguous) = if input.told {
            (input.reading, 0)
        } else if settled && input.place().is_some() {
            (decision.reading, decision.ambiguous)
        } else {
            (decision.reading, 0)
        };
        changed |= (input.reading, input.ambiguous) != (reading, ambiguous);
        input.reading = reading;
        input.ambiguous = ambiguous;
    }
    changed
}

/// Whether the table seems to be written where decimals have a comma: another column tells so, or
/// cells are separated by `;` and no column tells of decimal points.
fn commas_are_usual(inputs: &[Input], delimiter: Option<char>) -> bool {
    let mut points = false;
    for input in inputs {
        if matches!(
            input.column.column_type,
            ColumnType::Double | ColumnType::Integer
        ) {
            let told = Told::of(input, 0, 1);
            if told.second > told.first {
                return true;
            }
            points |= told.first > 0;
        }
    }
    delimiter == Some(';') && !points
}

fn numbers(input: &Input, commas: bool) -> Decision {
    let told = Told::of(input, 0, 1);
    let [with_comma, with_point] = &input.differs;
    let (with_comma, with_point) = (with_comma.count() > 0, with_point.count() > 0);
    let mask = |comma: bool, point: bool| {
        let comma = if comma { COMMA } else { 0 };
        comma | if point { OTHER } else { 0 }
    };
    match told.first.cmp(&told.second) {
        Ordering::Less => Decision {
            reading: Reading::DecimalComma,
            ambiguous: mask(told.mixed() && with_comma, told.mixed() && with_point),
        },
        Ordering::Greater => Decision {
            reading: Reading::Plain,
            ambiguous: mask(told.mixed() && with_comma, false),
        },
        // A point is a decimal point on the wire, and stays one unless the table speaks against it.
        Ordering::Equal if !(with_comma || with_point && commas) => Decision {
            reading: Reading::Plain,
            ambiguous: 0,
        },
        Ordering::Equal => {
            let unusual = |way: usize| input.ways[way].marks.count();
            let comma = match unusual(1).cmp(&unusual(0)) {
                Ordering::Less => true,
                Ordering::Greater => false,
                Ordering::Equal => commas,
            };
            Decision {
                reading: if comma {
                    Reading::DecimalComma
                } else {
                    Reading::Plain
                },
                ambiguous: mask(with_comma, with_point),
            }
        }
    }
}

fn dates(input: &Input) -> Decision {
    let errors = |way: usize| input.ways[way].errors.count();
    if errors(0) <= errors(1).min(errors(2)) {
        return Decision {
            reading: Reading::Plain,
            ambiguous: 0,
        };
    }
    let told = Told::of(input, 1, 2);
    let open = told.mixed() || told.first == told.second;
    Decision {
        reading: if told.first >= told.second {
            Reading::DayFirst
        } else {
            Reading::MonthFirst
        },
        ambiguous: if open && input.differs[1].count() > 0 {
            OTHER
        } else {
            0
        },
    }
}

/// The ways between which a person can choose; none where all come to the same.
pub(super) fn choices(input: &Input) -> Vec<Reading> {
    let some = input.differs.iter().any(|bits| bits.count() > 0);
    match input.column.column_type {
        ColumnType::Double | ColumnType::Integer
            if some || input.reading != Reading::Plain || Told::of(input, 0, 1).second > 0 =>
        {
            vec![Reading::Plain, Reading::DecimalComma]
        }
        ColumnType::Datetime
            if input.reading != Reading::Plain
                || input.ways[0].errors.count()
                    > input.ways[1]
                        .errors
                        .count()
                        .min(input.ways[2].errors.count()) =>
        {
            vec![Reading::DayFirst, Reading::MonthFirst]
        }
        _ => Vec::new(),
    }
}
