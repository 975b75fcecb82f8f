//! Which column of a table feeds which input of a model.

use serde::{Deserialize, Serialize};

/// Where an input's values come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// From nowhere: every row lacks it.
    #[default]
    Missing,
    /// From a column of the table, by number.
    Column(u32),
    /// The same text in every row.
    Constant(String),
}
