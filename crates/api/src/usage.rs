//! Usage of an endpoint over time.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Who called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum UsageSlot {
    /// With the primary key.
    Primary,
    /// With the secondary key.
    Secondary,
    /// Signed in to the portal.
    Portal,
}

impl UsageSlot {
    /// All, in order.
    pub const ALL: [Self; 3] = [Self::Primary, Self::Secondary, Self::Portal];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Portal => "portal",
        }
    }
}

/// Counts over a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Counts {
    /// Calls that were let in, scored or not.
    pub calls: u64,
    /// Calls refused by the throttle or because the endpoint is paused.
    pub refused: u64,
    /// Calls let in that failed.
    pub errors: u64,
    /// Rows scored.
    pub rows: u64,
    /// Median time of a call in milliseconds, within 10 %; absent without calls.
    pub p50_ms: Option<f64>,
    /// 95th percentile in milliseconds, within 10 %.
    pub p95_ms: Option<f64>,
    /// 99th percentile in milliseconds, within 10 %.
    pub p99_ms: Option<f64>,
}

/// The span to report on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum UsageRange {
    /// The last hour, by minute.
    Hour,
    /// The last 24 hours, by hour.
    #[default]
    Day,
    /// The last 30 days, by day.
    Month,
}

/// The query of the usage route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsageQuery {
    /// The span; a day if absent.
    #[serde(default)]
    pub range: UsageRange,
}

/// Counts from one moment on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UsagePoint {
    /// Where the span begins.
    pub from: Timestamp,
    /// What was counted.
    pub counts: Counts,
}

/// Counts of one caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SlotUsage {
    /// Who called.
    pub slot: UsageSlot,
    /// What was counted over the whole range.
    pub counts: Counts,
}

/// The usage of an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Usage {
    /// The span.
    pub range: UsageRange,
    /// Over the whole range.
    pub total: Counts,
    /// By caller.
    pub by_slot: Vec<SlotUsage>,
    /// Over time; spans without a call are left out.
    pub points: Vec<UsagePoint>,
    /// Up to when this is complete.
    pub as_of: Timestamp,
}
