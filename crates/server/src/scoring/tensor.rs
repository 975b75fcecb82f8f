//! Tensors as the engine takes and gives them, and what a model says about its own.

use std::{fmt, ops::Range, str::FromStr};

use sha2::{Digest, Sha256};

/// The SHA-256 of a model's bytes, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelDigest([u8; 32]);

impl ModelDigest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A digest from its 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for ModelDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ModelDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A model digest is 64 hexadecimal digits.")]
pub struct DigestError;

impl FromStr for ModelDigest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| DigestError)?;
        Ok(Self(bytes))
    }
}

/// Cells of text in one piece of memory, in order.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Text {
    ends: Vec<usize>,
    joined: String,
}

impl Text {
    /// Room for so many cells and bytes.
    pub fn with_capacity(cells: usize, bytes: usize) -> Self {
        Self {
            ends: Vec::with_capacity(cells),
            joined: String::with_capacity(bytes),
        }
    }

    /// Adds a cell at the end.
    pub fn push(&mut self, cell: &str) {
        self.joined.push_str(cell);
        self.ends.push(self.joined.len());
    }

    /// The cell at this position.
    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.joined.get(start..end)
    }

    /// All cells in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.cells(0..self.len())
    }

    /// The cells at these positions, in order.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn cells(&self, range: Range<usize>) -> impl Iterator<Item = &str> {
        let before = range.start.checked_sub(1);
        let mut start = before.map_or(0, |before| self.ends[before]);
        self.ends[range].iter().map(move |&end| {
            let cell = &self.joined[start..end];
            start = end;
            cell
        })
    }

    /// How many cells.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All cells joined without a separator.
    pub(super) fn joined(&self) -> &str {
        &self.joined
    }

    /// Where each cell ends in [`Text::joined`].
    pub(super) fn ends(&self) -> &[usize] {
        &self.ends
    }

    /// Puts cells together again; `None` where the ends are not in order, not on the border of a
    /// character, or don't cover the text.
    pub(super) fn from_parts(ends: Vec<usize>, joined: String) -> Option<Self> {
        let mut start = 0;
        for &end in &ends {
            if end < start || !joined.is_char_boundary(end) {
                return None;
            }
            start = end;
        }
        (start == joined.len()).then_some(Self { ends, joined })
    }
}

impl<S: AsRef<str>> FromIterator<S> for Text {
    fn from_iter<I: IntoIterator<Item = S>>(cells: I) -> Self {
        let mut text = Self::default();
        text.extend(cells);
        text
    }
}

impl<S: AsRef<str>> Extend<S> for Text {
    fn extend<I: IntoIterator<Item = S>>(&mut self, cells: I) {
        for cell in cells {
            self.push(cell.as_ref());
        }
    }
}

/// The values of a tensor, row by row.
#[derive(Clone, PartialEq, Debug)]
pub enum Values {
    /// 32-bit floats; a missing number is NaN.
    F32(Vec<f32>),
    /// 64-bit floats; a missing number is NaN.
    F64(Vec<f64>),
    /// Whole numbers.
    I64(Vec<i64>),
    /// Truth values.
    Bool(Vec<bool>),
    /// Texts; a missing text is empty.
    Text(Text),
}

impl Values {
    /// How many values.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::Bool(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether these are the same to the bit; a missing number is the same as itself.
    pub(super) fn same(&self, other: &Self) -> bool {
        fn bits<T: Copy, B: PartialEq>(one: &[T], other: &[T], bits: impl Fn(T) -> B) -> bool {
            let pairs = one.iter().zip(other);
            one.len() == other.len() && pairs.into_iter().all(|(a, b)| bits(*a) == bits(*b))
        }
        match (self, other) {
            (Self::F32(one), Self::F32(other)) => bits(one, other, f32::to_bits),
            (Self::F64(one), Self::F64(other)) => bits(one, other, f64::to_bits),
            _ => self == other,
        }
    }
}

/// A matrix of values, `[rows, width]`, row-major.
#[derive(Clone, PartialEq, Debug)]
pub struct Tensor {
    /// The name by which a model knows it.
    pub name: String,
    /// How many rows.
    pub rows: usize,
    /// Values in each row.
    pub width: usize,
    /// `rows × width` values.
    pub values: Values,
}

impl Tensor {
    /// A tensor with one value in each row.
    pub fn column(name: impl Into<String>, values: Values) -> Self {
        Self {
            name: name.into(),
            rows: values.len(),
            width: 1,
            values,
        }
    }

    /// Appends the rows of another tensor; `None` where its width or type is another.
    pub(super) fn append(&mut self, more: Self) -> Option<()> {
        if self.width != more.width {
            return None;
        }
        match (&mut self.values, more.values) {
            (Values::F32(to), Values::F32(more)) => to.extend(more),
            (Values::F64(to), Values::F64(more)) => to.extend(more),
            (Values::I64(to), Values::I64(more)) => to.extend(more),
            (Values::Bool(to), Values::Bool(more)) => to.extend(more),
            (Values::Text(to), Values::Text(more)) => to.extend(more.iter()),
            _ => return None,
        }
        self.rows += more.rows;
        Some(())
    }

    /// Whether this is the same tensor as far as arithmetic in another order can tell.
    pub(super) fn is_near(&self, other: &Self) -> bool {
        let near = |one: f64, other: f64, share: f64| {
            one == other
                || (one.is_nan() && other.is_nan())
                || (one - other).abs() <= share * one.abs().max(1.0)
        };
        let values = match (&self.values, &other.values) {
            (Values::F32(one), Values::F32(other)) if one.len() == other.len() => {
                let mut pairs = one.iter().zip(other);
                pairs.all(|(one, other)| near(f64::from(*one), f64::from(*other), 1e-5))
            }
            (Values::F64(one), Values::F64(other)) if one.len() == other.len() => {
                let mut pairs = one.iter().zip(other);
                pairs.all(|(one, other)| near(*one, *other, 1e-9))
            }
            (one, other) => one == other,
        };
        values && (&self.name, self.rows, self.width) == (&other.name, other.rows, other.width)
    }

    /// Some of its rows; `None` where it has fewer.
    pub(super) fn slice(&self, first: usize, rows: usize) -> Option<Self> {
        let range =
            first.checked_mul(self.width)?..first.checked_add(rows)?.checked_mul(self.width)?;
        let values = match &self.values {
            Values::F32(values) => Values::F32(values.get(range)?.to_vec()),
            Values::F64(values) => Values::F64(values.get(range)?.to_vec()),
            Values::I64(values) => Values::I64(values.get(range)?.to_vec()),
            Values::Bool(values) => Values::Bool(values.get(range)?.to_vec()),
            Values::Text(text) => range
                .map(|index| text.get(index))
                .collect::<Option<Text>>()
                .map(Values::Text)?,
        };
        Some(Self {
            name: self.name.clone(),
            rows,
            width: self.width,
            values,
        })
    }
}

/// The type of a tensor's elements as a model declares it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Element {
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 64-bit whole number.
    I64,
    /// 32-bit whole number; given and taken as 64-bit.
    I32,
    /// Truth value.
    Bool,
    /// Text.
    Text,
    /// Something the engine neither gives nor takes, in the runtime's words.
    Other(String),
}

impl Element {
    /// In words, those of the runtime where this is something else.
    pub fn words(&self) -> &str {
        match self {
            Self::F32 => "32-bit float",
            Self::F64 => "64-bit float",
            Self::I64 => "64-bit whole number",
            Self::I32 => "32-bit whole number",
            Self::Bool => "truth value",
            Self::Text => "text",
            Self::Other(words) => words,
        }
    }
}

/// A tensor that a model takes or gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Port {
    /// Its name in the graph.
    pub name: String,
    /// Its element type.
    pub element: Element,
    /// Its dimensions, `None` for one that is open. Empty where the model declares none.
    pub shape: Vec<Option<u64>>,
}

impl Port {
    /// Values in a row; `None` where the graph leaves that open. What no number holds is the largest one.
    pub fn width(&self) -> Option<u64> {
        let (_, rest) = self.shape.split_first()?;
        rest.iter().try_fold(1_u64, |width, size| {
            size.map(|size| width.saturating_mul(size))
        })
    }
}

/// What a model takes and gives.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Signature {
    /// The tensors it needs.
    pub inputs: Vec<Port>,
    /// The tensors it makes.
    pub outputs: Vec<Port>,
    /// The classes that a classifier tells apart, in the order of its probabilities; empty where the file
    /// lists none.
    pub classes: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::{ModelDigest, Tensor, Text, Values};

    #[test]
    fn text_keeps_its_cells() {
        let text: Text = ["a", "", "çé"].into_iter().collect();
        assert_eq!(text.iter().collect::<Vec<_>>(), ["a", "", "çé"]);
        assert_eq!(text.get(2), Some("çé"));
        assert_eq!(text.get(0), Some("a"));
        assert_eq!(text.get(3), None);
    }

    #[test]
    fn text_refuses_ends_that_do_not_fit() {
        assert!(Text::from_parts(vec![1, 3], "aé".to_owned()).is_some());
        assert!(Text::from_parts(vec![2, 3], "aé".to_owned()).is_none());
        assert!(Text::from_parts(vec![3, 1], "aé".to_owned()).is_none());
        assert!(Text::from_parts(vec![1], "aé".to_owned()).is_none());
        assert!(Text::from_parts(vec![9], "aé".to_owned()).is_none());
    }

    #[test]
    fn rows_are_appended_and_taken_out_again() {
        let text = |cells: &[&str]| Tensor {
            name: "t".to_owned(),
            rows: cells.len() / 2,
            width: 2,
            values: Values::Text(cells.iter().collect()),
        };
        let (one, two) = (text(&["a", "", "çé", "d"]), text(&["e", "f"]));
        let mut both = one.clone();
        both.append(two.clone()).unwrap();
        assert_eq!(both.slice(0, 2), Some(one));
        assert_eq!(both.slice(2, 1), Some(two));
        assert_eq!(both.slice(2, 2), None);
        let numbers = Tensor::column("t", Values::F32(vec![1.0]));
        assert_eq!(both.append(numbers), None);
    }

    #[test]
    fn digest_reads_what_it_writes() {
        let digest = ModelDigest::of(b"model");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!("12".parse::<ModelDigest>().is_err());
    }
}
