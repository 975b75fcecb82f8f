//! What the lists of a service say and how they are filtered. Plain values, no views.

use crate::ui::letters::lower;
use crate::ui::number::{counted, grouped, short};
use portico_api::endpoint::Endpoint;
use portico_api::schema::{ColumnType, InputColumn, OutputColumn, OutputKind};
use portico_api::service::Parity;

/// A limit in words: `4 at once`.
pub fn limit_in_words(calls: u32) -> String {
    format!("{calls} at once")
}

/// Whether an endpoint has all words of a filter somewhere in its name, description, customer or
/// labels. Case does not count.
pub fn matches(endpoint: &Endpoint, filter: &str) -> bool {
    let customer = endpoint.customer_name.as_deref().unwrap_or_default();
    filter.split_whitespace().all(|word| {
        let word = lower(word);
        let has = |text: &str| lower(text).contains(&word);
        has(endpoint.name.as_str())
            || has(&endpoint.description)
            || has(customer)
            || endpoint.tags.iter().any(|tag| has(tag))
    })
}

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

/// A column's type in a word.
pub fn type_word(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::String => "text",
        ColumnType::Double => "number",
        ColumnType::Integer => "whole number",
        ColumnType::Boolean => "true or false",
        ColumnType::Datetime => "date and time",
    }
}

/// The values that a column had in training: its range or its categories; empty if not known.
pub fn seen_values(column: &InputColumn) -> String {
    if !column.categories.is_empty() {
        return column.categories.join(", ");
    }
    match (column.min, column.max) {
        (Some(min), Some(max)) => format!("{} to {}", short(min), short(max)),
        (Some(min), None) => format!("from {}", short(min)),
        (None, Some(max)) => format!("up to {}", short(max)),
        (None, None) => String::new(),
    }
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

    fn endpoint(name: &str, description: &str, customer: Option<&str>) -> Endpoint {
        let id = "0".repeat(32);
        let value = serde_json::json!({
            "id": id, "workspace_id": id, "service_id": id, "service_name": "Penguins",
            "name": name, "description": description, "is_default": false, "version": 1,
            "throttle": {"level": "high", "max_concurrent_calls": 20}, "paused": false,
            "prevent_update": false, "logging": "none", "sample_data_enabled": true,
            "tags": ["eu"], "customer_id": null, "customer_name": customer,
            "urls": {"request_response": "u", "batch": null, "inference": null}, "models": [],
            "created_at": "2026-11-23T08:05:09.120Z", "updated_at": "2026-11-23T08:05:09.120Z",
        });
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_filter_wants_all_its_words_somewhere() {
        let acme = endpoint("acme", "Nightly run", Some("Acme Inc."));
        for filter in ["", "ACME", "night inc", "eu run"] {
            assert!(matches(&acme, filter), "{filter}");
        }
        for filter in ["beta", "acme beta"] {
            assert!(!matches(&acme, filter), "{filter}");
        }
    }

    #[test]
    fn parity_is_told_in_words() {
        let parity = Parity {
            rows: 344,
            label_differences: 0,
            largest_difference: 3.1e-7,
            ..Parity::default()
        };
        assert_eq!(
            parity_in_words(&parity),
            "344 rows, 0 labels differ, largest difference 3e-7"
        );
    }

    #[test]
    fn seen_values_are_range_or_categories() {
        let mut column: InputColumn =
            serde_json::from_str(r#"{"name":"x","type":"double","min":32.1,"max":59.6}"#).unwrap();
        assert_eq!(seen_values(&column), "32.1 to 59.6");
        column.categories = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(seen_values(&column), "a, b");
    }
}
