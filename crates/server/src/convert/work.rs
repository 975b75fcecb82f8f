//! The work itself: read, write, report.

use super::output::{self, Form};
use super::report::Report;
use super::{Convert, source};
use portico_tabular::Refusal;

/// Converts. The report comes last: it is about what was written.
///
/// # Errors
/// [`Refusal`] in plain words.
pub fn run(convert: &Convert) -> Result<(), Refusal> {
    let form = Form::of(&convert.output)?;
    let found = source::read(convert)?;
    let guarded = output::write(convert, form, &found.table)?;
    match &convert.report {
        Some(path) => Report::of(&found, guarded).write(path),
        None => Ok(()),
    }
}
