//! Ids: 32 lower-case hexadecimal digits, as classic's were. Each kind is a type of its own, so that
//! a workspace id is never passed where an endpoint id belongs.

use serde::{Deserialize, Serialize};

/// The text is not an id: an id is 32 hexadecimal digits in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id is 32 hexadecimal digits in lower case")]
pub struct InvalidId;

/// Whether `text` is 32 hexadecimal digits in lower case.
pub fn is_hex32(text: &str) -> bool {
    text.len() == 32
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[0-9a-f]{32}$"))]
        pub struct $name(String);

        impl $name {
            /// The id that stands for these 128 bits.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                let mut text = String::with_capacity(32);
                for byte in bytes {
                    text.push(char::from(HEX[usize::from(byte >> 4)]));
                    text.push(char::from(HEX[usize::from(byte & 15)]));
                }
                Self(text)
            }

            /// Reads an id.
            ///
            /// # Errors
            /// [`InvalidId`] unless the text is 32 lower-case hexadecimal digits.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                if is_hex32(text) { Ok(Self(text.to_owned())) } else { Err(InvalidId) }
            }

            /// The 32 digits.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                if is_hex32(&text) { Ok(Self(text)) } else { Err(InvalidId) }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A workspace.
    WorkspaceId
);
id!(
    /// A web service (classic's *web service group*).
    ServiceId
);
id!(
    /// An endpoint; part of its URL and never reused.
    EndpointId
);
id!(
    /// A person who can sign in.
    PersonId
);
id!(
    /// A customer: an organisation to which endpoints are granted.
    CustomerId
);
id!(
    /// A draft of a version.
    DraftId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_lower_case_hex() {
        let id = EndpointId::from_bytes([0xab; 16]);
        assert_eq!(id.as_str(), "abababababababababababababababab");
        assert_eq!(EndpointId::parse(id.as_str()), Ok(id));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "ABABABABABABABABABABABABABABABAB",
            "abab",
            "gbababababababababababababababab",
        ] {
            assert_eq!(WorkspaceId::parse(text), Err(InvalidId), "{text}");
        }
    }
}
