//! The grammar of delimited text: one reader of records for all that reads cells, over csv-core.

use serde::{Deserialize, Serialize};

/// How a text is cut into cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grammar {
    /// Between cells.
    pub delimiter: u8,
    /// Around cells that hold a delimiter or a line break; none: nothing is quoted.
    pub quote: Option<u8>,
    /// Before a quote inside quotes, where it is not doubled.
    pub escape: Option<u8>,
}

impl Default for Grammar {
    fn default() -> Self {
        Self {
            delimiter: b',',
            quote: Some(b'"'),
            escape: None,
        }
    }
}

impl Grammar {
    /// A reader of records.
    pub fn reader(self) -> csv_core::Reader {
        let mut builder = csv_core::ReaderBuilder::new();
        builder.delimiter(self.delimiter);
        match self.quote {
            Some(quote) => builder.quote(quote),
            None => builder.quoting(false),
        };
        if self.escape.is_some() {
            builder.escape(self.escape).double_quote(false);
        }
        builder.build()
    }
}
