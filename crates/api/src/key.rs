//! Keys of an endpoint as the wire shows them. Plaintext stands only in the answers to create,
//! rotate and reveal, in types that have no `Debug`.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The two slots; a key in either is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum KeySlot {
    /// The primary key.
    Primary,
    /// The secondary key.
    Secondary,
}

impl KeySlot {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::Primary, Self::Secondary];

    /// As it stands in a path.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
        }
    }

    /// Reads a slot from a path.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|slot| slot.as_str() == text)
    }
}

/// What a key can do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum KeyState {
    /// Accepted; the slot's newest generation.
    Live,
    /// Accepted until its grace ends; a newer generation exists.
    Grace,
    /// Refused: past its date.
    Expired,
    /// Refused: switched off.
    Disabled,
}

/// A key as it is listed: never its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Key {
    /// The slot.
    pub slot: KeySlot,
    /// 1, 2, 3 …: one more with each rotation.
    pub generation: u32,
    /// The public part by which a key is found: 11 characters.
    pub id: String,
    /// Prefix, twelve dots and the last four characters.
    pub masked: String,
    /// What it can do now.
    pub state: KeyState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops being accepted, if a date was set.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, within a minute; absent if never.
    pub last_used_at: Option<Timestamp>,
    /// When its grace ends, if it was rotated away.
    pub grace_until: Option<Timestamp>,
    /// Calls with it in the last hour.
    pub calls_last_hour: u64,
    /// Whether it can be shown again.
    pub revealable: bool,
    /// When somebody who had found it first reported it; the mark stays with this generation.
    pub leaked_at: Option<Timestamp>,
    /// Where it was found, if the report said so: the words of whoever reported it, checked by nobody.
    pub leak_found_at: Option<String>,
}

/// The keys of an endpoint: for each slot its newest generation, then one that is still in grace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyList {
    /// The keys.
    pub items: Vec<Key>,
}

/// Both keys of a new endpoint, in clear, once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewKeys {
    /// The primary key.
    pub primary: String,
    /// The secondary key.
    pub secondary: String,
}

/// A key in clear: the answer to a reveal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RevealedKey {
    /// The key.
    pub value: String,
}

/// The longest grace: 30 days, in seconds.
pub const GRACE_MAX_SECONDS: u32 = 30 * 24 * 60 * 60;
/// The grace unless another is chosen: 24 hours, in seconds.
pub const GRACE_DEFAULT_SECONDS: u32 = 24 * 60 * 60;

/// Rotates a slot: a new secret now, the old one for a while longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RotateKey {
    /// How long the old key lives on, in seconds: 0 to 2,592,000 (30 days); 86,400 if absent.
    #[serde(default = "default_grace")]
    #[cfg_attr(feature = "openapi", schema(maximum = 2_592_000))]
    pub grace_seconds: u32,
}

fn default_grace() -> u32 {
    GRACE_DEFAULT_SECONDS
}

/// Gives a slot's old key a longer grace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExtendGrace {
    /// How long the old key lives on from now, in seconds: 1 to 2,592,000 (30 days), and longer than it
    /// would have lived anyway.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 2_592_000))]
    pub grace_seconds: u32,
}

/// The longest place of a find, in characters.
pub const FOUND_AT_MAX: usize = 500;
/// The largest report of a leaked key, in bytes.
pub const LEAK_REPORT_BYTES: usize = 4 * 1024;

/// Reports a key that was found where it should not be. Nobody needs to be signed in: who has the
/// whole key could call with it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportLeakedKey {
    /// The whole key as it was found; its last six characters are a checksum, which must fit.
    #[cfg_attr(
        feature = "openapi",
        schema(pattern = "^portico_w?[ps][1-9][0-9]{0,9}_[0-9A-Za-z]{11}_[0-9A-Za-z]{49}$")
    )]
    pub key: String,
    /// Where it was found: an http or https address of at most 500 characters, without the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(max_length = 500, pattern = "^https?://\\S+$")
    )]
    pub found_at: Option<String>,
}

/// Answer to a report: the same whether or not such a key exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeakReceived {
    /// Always true: if the key is one of this installation's, its owner is told.
    pub received: bool,
}

/// Answer to a rotation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RotatedKey {
    /// The new key as it is listed.
    pub key: Key,
    /// The new key in clear, once; a repeated request leaves it out.
    pub value: Option<String>,
}

/// Changes a slot's newest key; absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UpdateKey {
    /// Switches it off or on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// When it stops being accepted: RFC 3339; `null` for never.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Timestamp>))]
    pub expires_at: Option<Option<Timestamp>>,
}

/// Tells a field that is `null` from one that is absent.
fn present<'de, D>(deserializer: D) -> Result<Option<Option<Timestamp>>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    Option::<Timestamp>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_absent_are_told_apart() {
        let read = |text| serde_json::from_str::<UpdateKey>(text).ok();
        assert_eq!(read("{}"), Some(UpdateKey::default()));
        assert_eq!(
            read(r#"{"expires_at":null}"#).and_then(|u| u.expires_at),
            Some(None)
        );
        assert!(read(r#"{"unknown":1}"#).is_none());
    }
}
