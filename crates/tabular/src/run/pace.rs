//! How fast a run goes: calls at once, rows in a call, and waiting after a refusal or a loss.
//!
//! Calls at once rise while the endpoint takes them and fall when it refuses one, as TCP does with what
//! it has under way; rows in a call follow the time that calls take.

use portico_api::score::ROWS_MAX;
use std::collections::VecDeque;

/// Rows in a call that begins a run, at the least and at the most.
const FIRST_ROWS: (u32, u32) = (50, 1_000);
/// Rows in a call at the most. Larger calls save little and make progress jumpy.
const MOST_ROWS: u32 = 2_000;
const _: () = assert!(MOST_ROWS as usize <= ROWS_MAX);
/// A call that took less time than this may be larger, in milliseconds.
const QUICK_MS: f64 = 300.0;
/// A call that took more time than this must be smaller, in milliseconds.
const SLOW_MS: f64 = 2_000.0;
/// What a call that was too slow should take, in milliseconds.
const AIM_MS: f64 = 1_000.0;
/// What is left of the calls at once after a refusal.
const EASE: f64 = 0.7;
/// How long to wait after a refusal that doesn't say, in milliseconds, and the longest that is obeyed.
const REFUSED_MS: (f64, f64) = (1_000.0, 3_600_000.0);
/// How long to wait after the first loss, in milliseconds; each further one doubles it.
const LOST_MS: f64 = 500.0;
/// The longest wait after a loss, in milliseconds.
const LOST_MOST_MS: f64 = 30_000.0;
/// The rate is that of so many milliseconds, counted by buckets of so many.
const RATE_MS: (f64, f64) = (5_000.0, 250.0);

#[derive(Debug)]
pub(super) struct Pace {
    /// The most calls at once.
    limit: u32,
    /// Calls at once that the endpoint seems to take; whole ones count.
    window: f64,
    /// Refusals of calls up to this one are the same refusal: they were under way together.
    eased_until: u64,
    /// Rows in a call.
    rows: u32,
    /// Nothing is sent before this time, in milliseconds.
    hold_until_ms: f64,
    why: String,
    /// Losses since the server was last heard of.
    losses: u32,
    began_ms: Option<f64>,
    /// When rows were done with, and how many; the oldest first.
    recent: VecDeque<(f64, usize)>,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self {
            limit: 1,
            window: 1.0,
            eased_until: 0,
            rows: FIRST_ROWS.0,
            hold_until_ms: f64::NEG_INFINITY,
            why: String::new(),
            losses: 0,
            began_ms: None,
            recent: VecDeque::new(),
        }
    }

    /// A run of so many rows begins.
    pub(super) fn begin(&mut self, max_concurrent_calls: u32, rows: u32) {
        let limit = half(max_concurrent_calls);
        *self = Self {
            limit,
            window: f64::from(limit),
            rows: (rows / limit.saturating_mul(4)).clamp(FIRST_ROWS.0, FIRST_ROWS.1),
            ..Self::new()
        };
    }

    pub(super) fn set_limit(&mut self, max_concurrent_calls: u32) {
        let limit = half(max_concurrent_calls);
        let full = self.window >= f64::from(self.limit);
        if full || self.window > f64::from(limit) {
            self.window = f64::from(limit);
        }
        self.limit = limit;
    }

    /// Calls at once, at least one.
    pub(super) fn parallel(&self) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 1 and the limit"
        )]
        let calls = self.window.min(f64::from(self.limit)).max(1.0) as usize;
        calls
    }

    /// Rows in the next call, of so many that are queued: less towards the end, so that all calls of the
    /// last round are about as large.
    pub(super) fn chunk(&self, queued: u32) -> usize {
        let share = queued.div_ceil(self.limit).max(FIRST_ROWS.0);
        self.rows.min(share).max(1) as usize
    }

    pub(super) fn at(&mut self, now_ms: f64) {
        self.began_ms.get_or_insert(now_ms);
    }

    /// Until when nothing is sent, if that is later than now.
    pub(super) fn held(&self, now_ms: f64) -> Option<f64> {
        (self.hold_until_ms > now_ms).then_some(self.hold_until_ms)
    }

    pub(super) fn hold(&mut self, until_ms: f64, why: &str) {
        if until_ms > self.hold_until_ms {
            self.hold_until_ms = until_ms;
            why.clone_into(&mut self.why);
        }
    }

    /// The server answered, whatever it said.
    pub(super) fn heard(&mut self) {
        self.losses = 0;
        self.hold_until_ms = f64::NEG_INFINITY;
    }

    /// A call was scored.
    pub(super) fn went_well(&mut self, rows: usize, took_ms: f64) {
        // One more call with each round of calls, and an eighth more where there are many.
        let more = (1.0 / self.window).max(0.125);
        self.window = (self.window + more).min(f64::from(self.limit));
        let rows = u32::try_from(rows).unwrap_or(MOST_ROWS);
        if took_ms > SLOW_MS {
            self.too_slow(rows as usize, took_ms);
        } else if took_ms < QUICK_MS && rows >= self.rows / 10 * 9 {
            self.rows = self.rows.max((rows + rows / 2 + 1).min(MOST_ROWS));
        }
    }

    /// A call of so many rows took so long that later ones must be smaller. Said of several calls that
    /// were under way together, it counts once.
    pub(super) fn too_slow(&mut self, rows: usize, took_ms: f64) {
        let rows = u32::try_from(rows).unwrap_or(MOST_ROWS);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "less than the rows of a call; a broken clock makes it 0"
        )]
        let fitting = (f64::from(rows) * AIM_MS / took_ms.max(AIM_MS)) as u32;
        self.rows = self.rows.min(fitting.max(rows / 4)).max(1);
    }

    /// A call was refused; until when its rows wait. `last` is the last call that was sent.
    pub(super) fn refused(
        &mut self,
        call: u64,
        last: u64,
        retry_after_ms: Option<u32>,
        now_ms: f64,
    ) -> f64 {
        if call > self.eased_until {
            self.eased_until = last;
            self.window = (self.window * EASE).max(1.0);
        }
        let told = retry_after_ms.map_or(REFUSED_MS.0, f64::from);
        now_ms + told.min(REFUSED_MS.1) * (1.0 + 0.25 * scatter(call))
    }

    /// A call broke off for the so-manieth time; until when its rows wait.
    pub(super) fn lost(&mut self, tries: u32, call: u64, now_ms: f64) -> f64 {
        self.losses += 1;
        let doubled = LOST_MS * f64::from(1_u32 << tries.saturating_sub(1).min(16));
        now_ms + doubled.min(LOST_MOST_MS) * (1.0 + 0.25 * scatter(call))
    }

    /// Whether it is not one call that broke off but the line.
    pub(super) fn is_cut_off(&self) -> bool {
        self.losses > 1
    }

    /// So many rows were scored or failed.
    pub(super) fn done(&mut self, rows: usize, now_ms: f64) {
        while self
            .recent
            .front()
            .is_some_and(|(at, _)| *at < now_ms - RATE_MS.0)
        {
            self.recent.pop_front();
        }
        match self.recent.back_mut() {
            Some((at, count)) if now_ms - *at < RATE_MS.1 => *count += rows,
            _ => self.recent.push_back((now_ms, rows)),
        }
    }

    /// Rows a second, over the last seconds.
    pub(super) fn rate(&self, now_ms: f64) -> f64 {
        let Some(began) = self.began_ms else {
            return 0.0;
        };
        let from = (now_ms - RATE_MS.0).max(began);
        let done: usize = self
            .recent
            .iter()
            .filter(|(at, _)| *at >= from)
            .map(|(_, rows)| rows)
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "rows are counted in 32 bits")]
        let done = done as f64;
        done * 1_000.0 / (now_ms - from).max(RATE_MS.1)
    }

    /// Why nothing is sent at this time, in words; empty if something is.
    pub(super) fn words(&self, now_ms: f64) -> String {
        self.held(now_ms).map_or_else(String::new, |until_ms| {
            let seconds = ((until_ms - now_ms) / 1_000.0).ceil().max(1.0);
            format!("{} Going on in {seconds} s.", self.why)
        })
    }
}

fn half(max_concurrent_calls: u32) -> u32 {
    (max_concurrent_calls / 2).max(1)
}

/// A number from 0 to 1 that differs from call to call, so that calls that were refused together don't
/// come back together.
fn scatter(call: u64) -> f64 {
    let mut bits = call.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits ^= bits >> 27;
    f64::from(u32::try_from(bits >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}
