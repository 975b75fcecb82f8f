//! The word that a gate's decisions are made on.

use super::{Refused, Room, Share};

/// Limit, calls in flight, those of them with half a share, calls that wait: 16 bits each. Calls in
/// flight never pass a limit, and those that wait are held below 65,536, so no count runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(pub(super) u64);

const BITS: u32 = 16;
const MASK: u64 = (1 << BITS) - 1;
const LIMIT: u32 = 3 * BITS;
const IN_FLIGHT: u32 = 2 * BITS;
const HALF: u32 = BITS;
/// One call that waits.
pub(super) const ONE_WAITING: u64 = 1;
/// The most calls that may wait at one gate.
pub(super) const WAITING_MAX: u32 = u16::MAX as u32;

impl Word {
    /// Nobody in flight, nobody waiting.
    pub(super) fn new(limit: u32) -> Self {
        Self(0).with_limit(limit)
    }

    fn field(self, shift: u32) -> u32 {
        u32::try_from((self.0 >> shift) & MASK).unwrap_or(u32::MAX)
    }

    pub(super) fn limit(self) -> u32 {
        self.field(LIMIT)
    }

    pub(super) fn in_flight(self) -> u32 {
        self.field(IN_FLIGHT)
    }

    pub(super) fn half(self) -> u32 {
        self.field(HALF)
    }

    pub(super) fn waiting(self) -> u32 {
        self.field(0)
    }

    pub(super) fn half_limit(self) -> u32 {
        (self.limit() / 2).max(1)
    }

    pub(super) fn with_limit(self, limit: u32) -> Self {
        let limit = u64::from(limit).min(MASK);
        Self((limit << LIMIT) | (self.0 & ((1 << LIMIT) - 1)))
    }

    pub(super) fn with_waiter(self) -> Self {
        Self(self.0 + ONE_WAITING)
    }

    pub(super) fn without_waiter(self) -> Self {
        Self(self.0 - ONE_WAITING)
    }

    /// What a call of this share adds.
    pub(super) fn weight(share: Share) -> u64 {
        match share {
            Share::Full => 1 << IN_FLIGHT,
            Share::Half => (1 << IN_FLIGHT) + (1 << HALF),
        }
    }

    /// The word once such a call is let in, or the limit that is in its way.
    pub(super) fn admitted(self, share: Share) -> Result<Self, Refused> {
        let refused = |limit, of| Refused { limit, of };
        if self.in_flight() >= self.limit() {
            return Err(refused(self.limit(), Share::Full));
        }
        if share == Share::Half && self.half() >= self.half_limit() {
            return Err(refused(self.half_limit(), Share::Half));
        }
        Ok(Self(self.0 + Self::weight(share)))
    }

    /// The room for calls of this share, without `own` calls in flight.
    pub(super) fn room(self, share: Share, own: u32) -> Room {
        let free = |limit: u32, taken: u32| limit.saturating_sub(taken.saturating_sub(own));
        let whole = free(self.limit(), self.in_flight());
        match share {
            Share::Full => Room {
                limit: self.limit(),
                free: whole,
            },
            Share::Half => {
                let limit = self.half_limit().min(self.limit());
                Room {
                    limit,
                    free: free(limit, self.half()).min(whole),
                }
            }
        }
    }
}
