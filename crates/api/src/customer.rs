//! Customers: organisations with people of their own, to whom endpoints are granted.

use crate::id::CustomerId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A customer of a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// Its name, unique in the workspace.
    pub name: String,
    /// How many people of it can sign in.
    pub people: u32,
    /// How many endpoints are granted to it.
    pub endpoints: u32,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Adds a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateCustomer {
    /// Its name: 1 to 128 characters.
    #[cfg_attr(
        feature = "openapi",
        schema(min_length = 1, max_length = 128, pattern = r"\S")
    )]
    pub name: String,
}
