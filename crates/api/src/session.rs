//! Signing in, and who is signed in.

use crate::id::{CustomerId, PersonId, WorkspaceId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What a person is in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    /// Everything in the workspace.
    Owner,
    /// Publishes services, adds and changes endpoints.
    Publisher,
    /// Sees the endpoints granted to the own organisation.
    Customer,
}

/// Signs in: either e-mail and password, or the token of a one-time link.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, try_from = "SignInFields")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SignIn {
    /// With a password.
    Password {
        /// The e-mail address, in any case.
        email: String,
        /// The password.
        password: String,
    },
    /// With a one-time link.
    Link {
        /// The token from the link's fragment.
        token: String,
    },
}

/// The fields of a [`SignIn`] as they come: which of them are there tells which way it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignInFields {
    email: Option<String>,
    password: Option<String>,
    token: Option<String>,
}

impl TryFrom<SignInFields> for SignIn {
    type Error = &'static str;

    fn try_from(fields: SignInFields) -> Result<Self, Self::Error> {
        match (fields.email, fields.password, fields.token) {
            (Some(email), Some(password), None) => Ok(Self::Password { email, password }),
            (None, None, Some(token)) => Ok(Self::Link { token }),
            _ => Err("Give either email and password, or the token of a link."),
        }
    }
}

/// Renews a sign-in before a sensitive act.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepUp {
    /// The password.
    pub password: String,
}

/// Makes the first administrator with the token of the set-up link, and signs in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetUp {
    /// The token from the link's fragment.
    pub token: String,
    /// The administrator's name.
    pub name: String,
    /// The administrator's e-mail address.
    pub email: String,
    /// The password: 8 to 128 characters.
    pub password: String,
}

/// A place in a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Membership {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub workspace_name: String,
    /// What the person is in it.
    pub role: Role,
    /// The organisation that a customer belongs to; absent for owners and publishers.
    pub customer_id: Option<CustomerId>,
    /// That organisation's name.
    pub customer_name: Option<String>,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// The person.
    pub id: PersonId,
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub name: String,
    /// Whether the person administers the installation.
    pub administrator: bool,
    /// The places in workspaces.
    pub memberships: Vec<Membership>,
    /// When the password (or link) was last given; sensitive acts want it at most 15 minutes old.
    pub authenticated_at: Timestamp,
    /// When this session ends at the latest.
    pub expires_at: Timestamp,
}

/// Why a password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    /// Fewer than 8 characters.
    #[error("A password has at least 8 characters.")]
    TooShort,
    /// More than 128 characters.
    #[error("A password has at most 128 characters.")]
    TooLong,
}

impl PasswordProblem {
    /// The code that the wire carries.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort => "password_too_short",
            Self::TooLong => "password_too_long",
        }
    }
}

/// The rule of passwords: 8 to 128 characters, of any kind.
///
/// # Errors
/// The rule that the text breaks.
pub fn check_password(text: &str) -> Result<(), PasswordProblem> {
    match text.chars().count() {
        0..=7 => Err(PasswordProblem::TooShort),
        8..=128 => Ok(()),
        _ => Err(PasswordProblem::TooLong),
    }
}

/// Whether the text can be an e-mail address: something before and after one `@`, no spaces.
pub fn is_email(text: &str) -> bool {
    let plain = text.len() <= 254 && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    plain
        && text.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty() && !host.is_empty() && !host.contains('@')
        })
}
