//! The protocol's datatypes.

use std::fmt;
use std::ops::RangeInclusive;

/// The type of a tensor's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Datatype {
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    /// Has no form in JSON.
    Fp16,
    Fp32,
    Fp64,
    Bytes,
}

impl Datatype {
    /// All of them.
    pub(super) const ALL: [Self; 13] = [
        Self::Bool,
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::Uint8,
        Self::Uint16,
        Self::Uint32,
        Self::Uint64,
        Self::Fp16,
        Self::Fp32,
        Self::Fp64,
        Self::Bytes,
    ];

    /// The datatype of this name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|datatype| datatype.name() == name)
    }

    /// As it stands on the wire.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bool => "BOOL",
            Self::Int8 => "INT8",
            Self::Int16 => "INT16",
            Self::Int32 => "INT32",
            Self::Int64 => "INT64",
            Self::Uint8 => "UINT8",
            Self::Uint16 => "UINT16",
            Self::Uint32 => "UINT32",
            Self::Uint64 => "UINT64",
            Self::Fp16 => "FP16",
            Self::Fp32 => "FP32",
            Self::Fp64 => "FP64",
            Self::Bytes => "BYTES",
        }
    }

    /// Bytes of an element in binary; `None` where each element has a length of its own.
    pub(super) fn size(self) -> Option<usize> {
        match self {
            Self::Bool | Self::Int8 | Self::Uint8 => Some(1),
            Self::Int16 | Self::Uint16 | Self::Fp16 => Some(2),
            Self::Int32 | Self::Uint32 | Self::Fp32 => Some(4),
            Self::Int64 | Self::Uint64 | Self::Fp64 => Some(8),
            Self::Bytes => None,
        }
    }

    /// The whole numbers that it holds, where it holds no others; UINT64 goes past this.
    pub(super) fn whole_range(self) -> Option<RangeInclusive<i64>> {
        match self {
            Self::Int8 => Some(i8::MIN.into()..=i8::MAX.into()),
            Self::Int16 => Some(i16::MIN.into()..=i16::MAX.into()),
            Self::Int32 => Some(i32::MIN.into()..=i32::MAX.into()),
            Self::Int64 => Some(i64::MIN..=i64::MAX),
            Self::Uint8 => Some(0..=u8::MAX.into()),
            Self::Uint16 => Some(0..=u16::MAX.into()),
            Self::Uint32 => Some(0..=u32::MAX.into()),
            _ => None,
        }
    }

    /// Up to which every whole number has a float of its own.
    pub(super) fn exact_to(self) -> f64 {
        match self {
            Self::Fp16 => 2_048.0,
            Self::Fp32 => 16_777_216.0,
            _ => 9_007_199_254_740_992.0,
        }
    }
}

impl fmt::Display for Datatype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A half-precision float (IEEE 754 binary16) as a single one, exactly.
pub(super) fn half(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let exponent = u32::from(bits >> 10) & 0x1f;
    let fraction = u32::from(bits & 0x3ff);
    let rest = match exponent {
        // Zero, and what is below the normal numbers: fraction × 2^-24.
        #[expect(clippy::cast_precision_loss, reason = "a fraction has ten bits")]
        0 => (fraction as f32 * 2f32.powi(-24)).to_bits(),
        // Infinity and NaN.
        0x1f => 0x7f80_0000 | (fraction << 13),
        _ => ((exponent + 112) << 23) | (fraction << 13),
    };
    f32::from_bits(sign | rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_written() {
        for datatype in Datatype::ALL {
            assert_eq!(Datatype::parse(datatype.name()), Some(datatype));
        }
        assert_eq!(Datatype::parse("fp32"), None);
        assert_eq!(Datatype::parse("BF16"), None);
    }

    #[test]
    fn halves_are_exact() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x0001, 5.960_464_5e-8),
            (0x03ff, 6.097_555e-5),
            (0x0400, 6.103_515_6e-5),
            (0x3555, 0.333_251_95),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65_504.0),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:04x}");
        }
        assert!(half(0x7e00).is_nan());
        assert!(half(0x8000).is_sign_negative());
    }
}
