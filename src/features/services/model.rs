//! What the lists of a service say and how they are filtered. Plain values, no views.

use crate::ui::letters::lower;
use portico_api::endpoint::Endpoint;

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
}
