//! Values of a column of which some are missing.

use crate::scoring::Values;

/// Values of which some may be missing.
#[derive(Default)]
pub(super) struct Holes<T> {
    pub(super) values: Vec<T>,
    missing: Vec<usize>,
}

impl<T: Copy + Default> Holes<T> {
    pub(super) fn push(&mut self, value: Option<T>) {
        if value.is_none() {
            self.missing.push(self.values.len());
        }
        self.values.push(value.unwrap_or_default());
    }

    /// The values, if none is missing.
    pub(super) fn full(self) -> Result<Vec<T>, Self> {
        if self.missing.is_empty() {
            Ok(self.values)
        } else {
            Err(self)
        }
    }

    /// The values as floats, the missing ones as NaN.
    pub(super) fn floats(self, float: impl Fn(T) -> f64) -> Values {
        let mut floats: Vec<f64> = self.values.into_iter().map(float).collect();
        for place in self.missing {
            floats[place] = f64::NAN;
        }
        Values::F64(floats)
    }
}
