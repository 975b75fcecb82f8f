//! Lists come in pages.

use serde::{Deserialize, Serialize};

/// How many items a page has unless asked otherwise.
pub const PAGE_SIZE_DEFAULT: u32 = 50;
/// The most items a page can have; a larger wish is cut down to it.
pub const PAGE_SIZE_MAX: u32 = 200;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Hand this in as `page_token` for the next page; absent on the last one.
    pub next_page_token: Option<String>,
}

/// Which page to send.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// Items a page, 1 to 200; 50 if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_size: Option<u32>,
    /// The opaque token of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
}
