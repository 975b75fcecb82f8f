//! The frames on the pipes between server and scorer, and the pieces they are made of.
//!
//! A frame is `u32 length, u8 kind, u64 call, u32 deadline, payload`, little-endian. The length
//! counts what follows it. The deadline is in milliseconds from when the frame is read.

/// Bytes before the payload.
pub(super) const HEADER: usize = 17;
/// Header bytes that the length counts.
const COUNTED: usize = HEADER - 4;
/// The largest payload either side accepts: a model of 2 GiB and its digest.
pub(super) const MAX_PAYLOAD: usize = (2 << 30) + 64;

/// What a frame carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// To the child: a model's digest and bytes.
    Load,
    /// To the child: rows to score.
    Score,
    /// To the child: stop this call.
    Cancel,
    /// To the child: load this model and tell its signature.
    Inspect,
    /// To the server: the runtime is loaded.
    Ready,
    /// To the server: scored rows.
    Scored,
    /// To the server: why there are none.
    Failed,
    /// To the server: a model's signature.
    Signature,
    /// To the server: the digests of models that had to make room.
    Evicted,
}

const KINDS: [(Kind, u8); 9] = [
    (Kind::Load, 1),
    (Kind::Score, 2),
    (Kind::Cancel, 3),
    (Kind::Inspect, 4),
    (Kind::Ready, 16),
    (Kind::Scored, 17),
    (Kind::Failed, 18),
    (Kind::Signature, 19),
    (Kind::Evicted, 20),
];

impl Kind {
    fn to_byte(self) -> u8 {
        KINDS
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or(0, |(_, byte)| *byte)
    }

    fn from_byte(byte: u8) -> Option<Self> {
        KINDS
            .iter()
            .find(|(_, known)| *known == byte)
            .map(|(kind, _)| *kind)
    }
}

/// Bytes that are no frame, or a payload that is not what its kind says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed frame: {0}")]
pub(super) struct FrameError(pub(super) &'static str);

/// The fixed part of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Header {
    /// Bytes of payload that follow.
    pub(super) payload: usize,
    /// What the payload is.
    pub(super) kind: Kind,
    /// The call it belongs to; 0 for none.
    pub(super) call: u64,
    /// Milliseconds left when the frame was written.
    pub(super) deadline_ms: u32,
}

impl Header {
    /// Reads a header and refuses one that claims more than [`MAX_PAYLOAD`].
    pub(super) fn read(bytes: &[u8; HEADER]) -> Result<Self, FrameError> {
        let mut reader = Reader::new(bytes);
        let length = reader.u32()? as usize;
        let payload = length
            .checked_sub(COUNTED)
            .filter(|payload| *payload <= MAX_PAYLOAD)
            .ok_or(FrameError("length"))?;
        Ok(Self {
            payload,
            kind: Kind::from_byte(reader.u8()?).ok_or(FrameError("kind"))?,
            call: reader.u64()?,
            deadline_ms: reader.u32()?,
        })
    }

    /// The bytes of this header.
    pub(super) fn write(&self) -> [u8; HEADER] {
        let length = u32::try_from(self.payload + COUNTED).unwrap_or(u32::MAX);
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        bytes[4] = self.kind.to_byte();
        bytes[5..13].copy_from_slice(&self.call.to_le_bytes());
        bytes[13..].copy_from_slice(&self.deadline_ms.to_le_bytes());
        bytes
    }
}

/// A frame under construction: room for the header, then the payload.
pub(super) fn begin(capacity: usize) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEADER + capacity);
    frame.resize(HEADER, 0);
    frame
}

/// Fills in the header of a frame that [`begin`] began.
pub(super) fn seal(frame: &mut [u8], kind: Kind, call: u64, deadline_ms: u32) {
    let payload = frame.len() - HEADER;
    let header = Header {
        payload,
        kind,
        call,
        deadline_ms,
    };
    frame[..HEADER].copy_from_slice(&header.write());
}

/// Writes a short text with its length; what passes 65,535 bytes is cut on a character border.
pub(super) fn put_text(frame: &mut Vec<u8>, text: &str) {
    let mut end = text.len().min(usize::from(u16::MAX));
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    frame.extend_from_slice(&(end as u16).to_le_bytes());
    frame.extend_from_slice(&text.as_bytes()[..end]);
}

/// Writes a count; counts here are of names and tensors, checked before they are encoded.
pub(super) fn put_count(frame: &mut Vec<u8>, count: usize) {
    frame.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
}

/// Writes numbers as little-endian bytes.
pub(super) fn put_numbers<T: Copy, const N: usize>(
    frame: &mut Vec<u8>,
    numbers: &[T],
    bytes: impl Fn(T) -> [u8; N],
) {
    let start = frame.len();
    frame.resize(start + numbers.len() * N, 0);
    for (place, number) in frame[start..].chunks_exact_mut(N).zip(numbers) {
        place.copy_from_slice(&bytes(*number));
    }
}

/// Reads a payload piece by piece; every step checks that the bytes are there.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next so many bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], FrameError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(FrameError("short"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FrameError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(FrameError("short"))?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, FrameError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, FrameError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, FrameError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// 32 bytes, a digest.
    pub(super) fn digest(&mut self) -> Result<[u8; 32], FrameError> {
        self.array()
    }

    pub(super) fn text(&mut self) -> Result<&'a str, FrameError> {
        let length = u16::from_le_bytes(self.array()?);
        std::str::from_utf8(self.take(usize::from(length))?).map_err(|_| FrameError("text"))
    }

    /// A count of things that each take at least `least` bytes of what is left, so that a false
    /// count can't make anybody reserve memory.
    pub(super) fn count(&mut self, least: usize) -> Result<usize, FrameError> {
        let count = self.u32()? as usize;
        if count
            .checked_mul(least)
            .is_none_or(|bytes| bytes > self.0.len())
        {
            return Err(FrameError("count"));
        }
        Ok(count)
    }

    /// So many numbers of `N` bytes.
    pub(super) fn numbers<T, const N: usize>(
        &mut self,
        count: usize,
        number: impl Fn([u8; N]) -> T,
    ) -> Result<Vec<T>, FrameError> {
        let bytes = self.take(count.checked_mul(N).ok_or(FrameError("size"))?)?;
        let (chunks, _) = bytes.as_chunks::<N>();
        Ok(chunks.iter().map(|chunk| number(*chunk)).collect())
    }

    /// Refuses bytes that nobody has read.
    pub(super) fn end(self) -> Result<(), FrameError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(FrameError("bytes left over"))
        }
    }
}
