//! What the pages of versions say of a version. Plain values, no views.

use crate::ui::number::{counted, grouped, short};
use portico_api::schema::{OutputColumn, OutputKind};
use portico_api::service::Parity;

/// How a version scored its sample rows, in words.
pub fn parity_in_words(parity: &Parity) -> String {
    let rows = counted(parity.rows.into(), "row", "rows");
    let labels = match parity.label_differences {
        1 => "1 label differs".to_owned(),
        count => format!("{} labels differ", grouped(count.into())),
    };
    format!(
        "{rows}, {labels}, largest difference {}",
        short(parity.largest_difference)
    )
}

/// What an output column tells, in words.
pub fn output_in_words(column: &OutputColumn) -> String {
    match (column.kind, &column.class) {
        (OutputKind::Label, _) => "the predicted class".to_owned(),
        (OutputKind::Value, _) => "the predicted number".to_owned(),
        (OutputKind::Probability, Some(class)) => format!("probability of {class}, 0 to 1"),
        (OutputKind::Probability, None) => "a probability, 0 to 1".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parity_is_told_in_words() {
        let parity = Parity {
            rows: 344,
            label_differences: 0,
            largest_difference: 3.1e-7,
        };
        assert_eq!(
            parity_in_words(&parity),
            "344 rows, 0 labels differ, largest difference 3e-7"
        );
    }
}
