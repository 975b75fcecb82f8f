//! The wire format of protobuf, as far as reading the shape of an ONNX file and mending it asks for.
//!
//! Bounded whatever the bytes are: nothing is reserved for a length that a file claims.

/// Why bytes are no protobuf, in a few words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Malformed(pub(super) &'static str);

/// A field of a message.
pub(super) enum Field<'a> {
    /// A number of variable length.
    Number(u64),
    /// Bytes, a text or a message.
    Bytes(&'a [u8]),
    /// The four or eight bytes of a number, the lowest first.
    Fixed(&'a [u8]),
}

/// Reads the fields of one message.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The fields of this message.
    pub(super) fn of(message: &'a [u8]) -> Self {
        Self(message)
    }

    /// How many bytes have not been read yet.
    pub(super) fn left(&self) -> usize {
        self.0.len()
    }

    /// The next number of variable length, where a field packs several.
    pub(super) fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self
                .0
                .split_first()
                .ok_or(Malformed("it ends in a number"))?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed("a number is too long"))
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = usize::try_from(count)
            .ok()
            .and_then(|count| self.0.split_at_checked(count))
            .ok_or(Malformed("a field is longer than the file"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next field's number and content; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Field<'a>)>, Malformed> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let field = match tag & 7 {
            0 => Field::Number(self.varint()?),
            1 => Field::Fixed(self.take(8)?),
            2 => {
                let length = self.varint()?;
                Field::Bytes(self.take(length)?)
            }
            5 => Field::Fixed(self.take(4)?),
            _ => return Err(Malformed("a field has an unknown form")),
        };
        // Other readers cut a longer tag to 32 bits and would see another field than we do.
        match tag >> 3 {
            number if number > 0 && tag <= u64::from(u32::MAX) => Ok(Some((number, field))),
            _ => Err(Malformed("a field has no valid number")),
        }
    }
}

/// The message with new content in the fields that `change` has some for; `None` where it has none at all.
pub(super) fn rewritten(
    message: &[u8],
    mut change: impl FnMut(u64, &Field<'_>) -> Result<Option<Vec<u8>>, Malformed>,
) -> Result<Option<Vec<u8>>, Malformed> {
    let mut rewritten: Option<Vec<u8>> = None;
    let mut fields = Fields::of(message);
    loop {
        let start = message.len() - fields.left();
        let Some((number, field)) = fields.next()? else {
            return Ok(rewritten);
        };
        let end = message.len() - fields.left();
        match (change(number, &field)?, &mut rewritten) {
            (Some(new), rewritten) => {
                let before = || message[..start].to_vec();
                put_bytes(rewritten.get_or_insert_with(before), number, &new);
            }
            (None, Some(rewritten)) => rewritten.extend_from_slice(&message[start..end]),
            (None, None) => {}
        }
    }
}

/// Appends a number of variable length.
pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        #[expect(clippy::cast_possible_truncation, reason = "seven bits and the mark")]
        out.push((value as u8 & 0x7f) | 0x80);
        value >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "below 128")]
    out.push(value as u8);
}

/// Appends a field that holds bytes, a text or a message.
pub(super) fn put_bytes(out: &mut Vec<u8>, number: u64, content: &[u8]) {
    put_varint(out, number << 3 | 2);
    put_varint(out, content.len() as u64);
    out.extend_from_slice(content);
}

/// Appends a field that holds a number.
pub(super) fn put_number(out: &mut Vec<u8>, number: u64, value: u64) {
    put_varint(out, number << 3);
    put_varint(out, value);
}
