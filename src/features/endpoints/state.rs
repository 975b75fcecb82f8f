//! What an endpoint is doing, in one word, and why. Plain values.

use crate::ui::number::counted;
use portico_api::endpoint::{Endpoint, EndpointModel, Quarantine};

/// What an endpoint does with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointState {
    /// Scores it.
    Live,
    /// Refuses it, because somebody paused the endpoint.
    Paused,
    /// Refuses it, because a model is quarantined.
    Quarantined {
        /// The model's name.
        model: String,
        /// Since when, and why.
        quarantine: Quarantine,
    },
}

impl EndpointState {
    /// The state of an endpoint. A quarantined model counts for more than a pause: nothing but
    /// releasing it helps.
    pub fn of(endpoint: &Endpoint) -> Self {
        let quarantined = endpoint.models.iter().find_map(|model| {
            let quarantine = model.quarantine.clone()?;
            Some(Self::Quarantined {
                model: model_name(model),
                quarantine,
            })
        });
        quarantined.unwrap_or(if endpoint.paused {
            Self::Paused
        } else {
            Self::Live
        })
    }

    /// The state in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Live => "Live",
            Self::Paused => "Paused",
            Self::Quarantined { .. } => "Quarantined",
        }
    }
}

/// A model's name on the page: its resource, or, where it can't be replaced, what it is.
pub fn model_name(model: &EndpointModel) -> String {
    model
        .resource
        .clone()
        .unwrap_or_else(|| "Fixed stage".to_owned())
}

/// The first characters of a digest: enough to tell two apart.
pub fn short_digest(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}

/// What a count of calls means for deleting an endpoint.
pub fn traffic_in_words(calls: u64) -> String {
    match calls {
        0 => "It had no call in the last 24 hours.".to_owned(),
        calls => format!(
            "It had {} in the last 24 hours.",
            counted(calls, "call", "calls")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_shortened() {
        assert_eq!(short_digest(&"a".repeat(64)), "aaaaaaaaaaaa");
        assert_eq!(short_digest("abc"), "abc");
    }

    #[test]
    fn traffic_is_told_in_words() {
        assert_eq!(traffic_in_words(1), "It had 1 call in the last 24 hours.");
        assert_eq!(
            traffic_in_words(12_345),
            "It had 12,345 calls in the last 24 hours."
        );
    }

    #[test]
    fn a_stage_without_a_resource_still_has_a_name() {
        let model = EndpointModel {
            resource: None,
            sha256: String::new(),
            own: false,
            quarantine: None,
        };
        assert_eq!(model_name(&model), "Fixed stage");
    }
}
