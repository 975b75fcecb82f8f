//! Names and descriptions with their rules. The same functions run while a person types and when the
//! server decides, so the two can't disagree.

use serde::{Deserialize, Serialize};

/// The longest endpoint name, in characters.
pub const ENDPOINT_NAME_MAX: usize = 24;
/// The longest display name (workspace, service, customer, person), in characters.
pub const TITLE_MAX: usize = 128;
/// The longest description, in characters.
pub const DESCRIPTION_MAX: usize = 2_000;

/// Why a name is refused. The text says the rule, so that it can stand under the field as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// Nothing was typed.
    #[error("Give the endpoint a name.")]
    Empty,
    /// More than 24 characters.
    #[error("A name has at most 24 characters.")]
    TooLong,
    /// Upper-case letters.
    #[error("Use lower-case letters only.")]
    UpperCase,
    /// Anything besides a to z and 0 to 9.
    #[error("Use letters a to z and digits only: no spaces, dashes or accents.")]
    Character,
}

impl NameProblem {
    /// The code that the wire carries.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "name_empty",
            Self::TooLong => "name_too_long",
            Self::UpperCase => "name_upper_case",
            Self::Character => "name_character",
        }
    }
}

/// An endpoint's name: 1 to 24 characters, lower-case letters a to z and digits; never changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[a-z0-9]{1,24}$"))]
pub struct EndpointName(String);

impl EndpointName {
    /// The name of the endpoint that every service has.
    pub const DEFAULT: &'static str = "default";

    /// Reads a name.
    ///
    /// # Errors
    /// The first rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, NameProblem> {
        check_endpoint_name(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The rule of endpoint names: the one function that the form calls while a person types and the
/// server calls before it writes.
///
/// # Errors
/// The first rule that the text breaks.
pub fn check_endpoint_name(text: &str) -> Result<(), NameProblem> {
    if text.is_empty() {
        return Err(NameProblem::Empty);
    }
    if text.chars().any(char::is_uppercase) {
        return Err(NameProblem::UpperCase);
    }
    if !text
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    {
        return Err(NameProblem::Character);
    }
    if text.len() > ENDPOINT_NAME_MAX {
        return Err(NameProblem::TooLong);
    }
    Ok(())
}

impl TryFrom<String> for EndpointName {
    type Error = NameProblem;
    fn try_from(text: String) -> Result<Self, NameProblem> {
        check_endpoint_name(&text)?;
        Ok(Self(text))
    }
}

impl From<EndpointName> for String {
    fn from(name: EndpointName) -> String {
        name.0
    }
}

impl std::fmt::Display for EndpointName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a display name or a description is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextProblem {
    /// A display name with nothing but white space.
    #[error("Give it a name.")]
    Empty,
    /// A display name of more than 128 characters.
    #[error("At most 128 characters.")]
    TitleTooLong,
    /// A description of more than 2,000 characters.
    #[error("At most 2,000 characters.")]
    DescriptionTooLong,
    /// A control character other than a line break or a tab.
    #[error("Control characters are not allowed.")]
    ControlCharacter,
}

impl TextProblem {
    /// The code that the wire carries.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "text_empty",
            Self::TitleTooLong | Self::DescriptionTooLong => "text_too_long",
            Self::ControlCharacter => "text_control_character",
        }
    }
}

/// The rule of display names: 1 to 128 characters besides surrounding white space, no control characters.
///
/// # Errors
/// The first rule that the text breaks.
pub fn check_title(text: &str) -> Result<(), TextProblem> {
    if text.trim().is_empty() {
        return Err(TextProblem::Empty);
    }
    if text.chars().any(char::is_control) {
        return Err(TextProblem::ControlCharacter);
    }
    if text.chars().count() > TITLE_MAX {
        return Err(TextProblem::TitleTooLong);
    }
    Ok(())
}

/// The rule of descriptions: at most 2,000 characters, line breaks and tabs allowed.
///
/// # Errors
/// The first rule that the text breaks.
pub fn check_description(text: &str) -> Result<(), TextProblem> {
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(TextProblem::ControlCharacter);
    }
    if text.chars().count() > DESCRIPTION_MAX {
        return Err(TextProblem::DescriptionTooLong);
    }
    Ok(())
}

/// What is known of a name in a service: the answer while a person types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Availability {
    /// Nobody has it.
    Free,
    /// A living endpoint has it.
    Taken,
    /// A deleted endpoint that can still be restored has it.
    Reserved,
}

/// Answer of the availability route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NameAvailability {
    /// The name asked about.
    pub name: EndpointName,
    /// Whether it can be had.
    pub availability: Availability,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_rule_is_named() {
        let check =
            |text: &str, expected| assert_eq!(check_endpoint_name(text), expected, "{text}");
        check("", Err(NameProblem::Empty));
        check("Acme", Err(NameProblem::UpperCase));
        check("acme-1", Err(NameProblem::Character));
        check("acmé", Err(NameProblem::Character));
        check("a234567890123456789012345", Err(NameProblem::TooLong));
        check("a23456789012345678901234", Ok(()));
        check("default", Ok(()));
    }

    proptest! {
        #[test]
        fn the_rule_is_the_pattern_of_the_contract(text in "\\PC{0,30}") {
            let pattern = !text.is_empty()
                && text.len() <= 24
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            prop_assert_eq!(check_endpoint_name(&text).is_ok(), pattern);
        }

        #[test]
        fn reading_json_and_parsing_agree(text in "[a-zA-Z0-9_ é-]{0,30}") {
            let json = serde_json::to_string(&text).unwrap_or_default();
            let read: Result<EndpointName, _> = serde_json::from_str(&json);
            prop_assert_eq!(read.is_ok(), EndpointName::parse(&text).is_ok());
        }
    }
}
