//! Which model ended processes or ran past its deadline, and what follows from it.
//!
//! A model is struck when a process dies while its calls alone run, or when one of its runs has
//! to be ended at its deadline. Where calls of several models ran at the death, each becomes a
//! suspect: from then on its calls run one at a time in a process of their own, so that the next
//! death tells. Two strikes put a model in quarantine until it is released.
//!
//! [`Strikes`] is bookkeeping alone, without clock or process; [`StrikeBook`] shares it.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::broadcast;

use super::ModelDigest;

/// Strikes that quarantine a model.
const LIMIT: usize = 2;
/// How long a strike counts: two accidents a week apart say nothing about a model.
const MEMORY: Duration = Duration::from_secs(60 * 60);
/// Calls a suspect must complete alone before it runs with the others again.
const PROBATION: u32 = 20;
/// Quarantines that a slow listener may lag behind.
const EVENTS: usize = 64;

/// A model that is kept from running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantine {
    /// The model.
    pub digest: ModelDigest,
    /// Why, as a sentence.
    pub reason: String,
}

/// What a model did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Offence {
    /// The process died while it ran.
    EndedProcess,
    /// Its run was ended at its deadline.
    PastDeadline,
}

#[derive(Default)]
struct Record {
    strikes: Vec<(Instant, Offence)>,
    /// Calls completed alone since it became a suspect.
    suspect: Option<u32>,
    quarantine: Option<Quarantine>,
}

/// Where a call may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// With the others.
    Main,
    /// Alone.
    Isolation,
}

/// The bookkeeping.
#[derive(Default)]
pub(super) struct Strikes(HashMap<ModelDigest, Record>);

impl Strikes {
    /// Where a call of these models may run.
    pub(super) fn place(&self, models: &[ModelDigest]) -> Result<Place, Quarantine> {
        let mut place = Place::Main;
        for record in models.iter().filter_map(|model| self.0.get(model)) {
            if let Some(quarantine) = &record.quarantine {
                return Err(quarantine.clone());
            }
            if record.suspect.is_some() {
                place = Place::Isolation;
            }
        }
        Ok(place)
    }

    /// A process died while these models ran. Returns those newly quarantined.
    pub(super) fn died(&mut self, running: &[ModelDigest], now: Instant) -> Vec<Quarantine> {
        let mut models = running.to_vec();
        models.sort_unstable();
        models.dedup();
        if let [model] = models[..] {
            return self
                .strike(model, Offence::EndedProcess, now)
                .into_iter()
                .collect();
        }
        for model in models {
            self.0.entry(model).or_default().suspect = Some(0);
        }
        Vec::new()
    }

    /// A model did something for certain. Returns its quarantine if this was one too many.
    pub(super) fn strike(
        &mut self,
        model: ModelDigest,
        offence: Offence,
        now: Instant,
    ) -> Option<Quarantine> {
        let record = self.0.entry(model).or_default();
        record
            .strikes
            .retain(|(at, _)| now.saturating_duration_since(*at) < MEMORY);
        record.strikes.push((now, offence));
        if record.strikes.len() < LIMIT || record.quarantine.is_some() {
            return None;
        }
        let quarantine = Quarantine {
            digest: model,
            reason: reason(&record.strikes),
        };
        record.quarantine = Some(quarantine.clone());
        Some(quarantine)
    }

    /// A call of these models came to its end alone.
    pub(super) fn completed_alone(&mut self, models: &[ModelDigest]) {
        for model in models {
            let Some(record) = self.0.get_mut(model) else {
                continue;
            };
            record.suspect = record
                .suspect
                .map(|completed| completed + 1)
                .filter(|completed| *completed < PROBATION);
            if record.suspect.is_none() && record.strikes.is_empty() && record.quarantine.is_none()
            {
                self.0.remove(model);
            }
        }
    }

    fn quarantined(&self) -> Vec<Quarantine> {
        let mut all: Vec<_> = self
            .0
            .values()
            .filter_map(|record| record.quarantine.clone())
            .collect();
        all.sort_by_key(|quarantine| quarantine.digest);
        all
    }
}

fn reason(strikes: &[(Instant, Offence)]) -> String {
    let count = |offence| strikes.iter().filter(|(_, done)| *done == offence).count();
    match (count(Offence::EndedProcess), count(Offence::PastDeadline)) {
        (ended, 0) => format!("It ended the scoring process {ended} times."),
        (0, late) => format!("It ran past its deadline {late} times."),
        (ended, late) => {
            format!("It ended the scoring process ({ended}) and ran past its deadline ({late}).")
        }
    }
}

/// The bookkeeping, shared by calls and processes.
pub(super) struct StrikeBook {
    strikes: Mutex<Strikes>,
    /// Whether there is any record: most of the time there is none, and calls need no lock.
    any: AtomicBool,
    events: broadcast::Sender<Quarantine>,
}

impl StrikeBook {
    pub(super) fn new() -> Self {
        Self {
            strikes: Mutex::default(),
            any: AtomicBool::new(false),
            events: broadcast::Sender::new(EVENTS),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Strikes> {
        self.strikes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Strikes) -> T) -> T {
        let mut strikes = self.lock();
        let result = change(&mut strikes);
        self.any.store(!strikes.0.is_empty(), Ordering::Release);
        result
    }

    fn announce(&self, quarantines: impl IntoIterator<Item = Quarantine>) {
        for quarantine in quarantines {
            tracing::warn!(model = %quarantine.digest, reason = quarantine.reason, "model quarantined");
            // Nobody listening is no error: the list of quarantined models stays.
            let _ = self.events.send(quarantine);
        }
    }

    /// See [`Strikes::place`].
    pub(super) fn place(&self, models: &[ModelDigest]) -> Result<Place, Quarantine> {
        if !self.any.load(Ordering::Acquire) {
            return Ok(Place::Main);
        }
        self.lock().place(models)
    }

    /// See [`Strikes::died`].
    pub(super) fn died(&self, running: &[ModelDigest]) {
        if !running.is_empty() {
            self.announce(self.change(|strikes| strikes.died(running, Instant::now())));
        }
    }

    /// A run of this model was ended at its deadline.
    pub(super) fn past_deadline(&self, model: ModelDigest) {
        let now = Instant::now();
        self.announce(self.change(|strikes| strikes.strike(model, Offence::PastDeadline, now)));
    }

    /// See [`Strikes::completed_alone`].
    pub(super) fn completed_alone(&self, models: &[ModelDigest]) {
        self.change(|strikes| strikes.completed_alone(models));
    }

    /// All quarantined models, the longest first.
    pub(super) fn quarantined(&self) -> Vec<Quarantine> {
        self.lock().quarantined()
    }

    /// Each quarantine as it begins.
    pub(super) fn events(&self) -> broadcast::Receiver<Quarantine> {
        self.events.subscribe()
    }

    /// Takes over the quarantines of an earlier run of the server.
    pub(super) fn set_quarantined(&self, quarantines: Vec<Quarantine>) {
        self.change(|strikes| {
            for quarantine in quarantines {
                let digest = quarantine.digest;
                strikes.0.entry(digest).or_default().quarantine = Some(quarantine);
            }
        });
    }

    /// Forgets everything about a model.
    pub(super) fn release(&self, model: &ModelDigest) {
        self.change(|strikes| strikes.0.remove(model));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{MEMORY, ModelDigest, Offence, PROBATION, Place, StrikeBook, Strikes};

    fn model(name: u8) -> ModelDigest {
        ModelDigest::from_bytes([name; 32])
    }

    #[test]
    fn two_deaths_with_one_model_running_quarantine_it() {
        let (mut strikes, now) = (Strikes::default(), Instant::now());
        assert!(strikes.died(&[model(1), model(1)], now).is_empty());
        assert_eq!(strikes.place(&[model(1)]), Ok(Place::Main));
        let quarantined = strikes.died(&[model(1)], now);
        assert_eq!(quarantined[0].digest, model(1));
        assert!(quarantined[0].reason.contains("2 times"));
        assert_eq!(
            strikes.place(&[model(2), model(1)]),
            Err(quarantined[0].clone())
        );
        assert_eq!(strikes.place(&[model(2)]), Ok(Place::Main));
    }

    #[test]
    fn several_models_become_suspects_and_the_next_death_tells() {
        let (mut strikes, now) = (Strikes::default(), Instant::now());
        assert!(strikes.died(&[model(1), model(2)], now).is_empty());
        for suspect in [model(1), model(2)] {
            assert_eq!(strikes.place(&[suspect]), Ok(Place::Isolation));
        }
        assert_eq!(strikes.place(&[model(3)]), Ok(Place::Main));
        assert!(strikes.died(&[model(1)], now).is_empty());
        assert_eq!(strikes.died(&[model(1)], now).len(), 1);
        for _ in 0..PROBATION - 1 {
            strikes.completed_alone(&[model(2)]);
        }
        assert_eq!(strikes.place(&[model(2)]), Ok(Place::Isolation));
        strikes.completed_alone(&[model(2)]);
        assert_eq!(strikes.place(&[model(2)]), Ok(Place::Main));
    }

    #[test]
    fn a_death_with_nothing_running_blames_nobody() {
        let book = StrikeBook::new();
        book.died(&[]);
        assert_eq!(book.place(&[model(1)]), Ok(Place::Main));
    }

    #[test]
    fn deadlines_count_like_deaths_and_old_strikes_do_not() {
        let (mut strikes, now) = (Strikes::default(), Instant::now());
        assert_eq!(strikes.strike(model(1), Offence::PastDeadline, now), None);
        let later = now + MEMORY;
        assert_eq!(strikes.strike(model(1), Offence::PastDeadline, later), None);
        let quarantine = strikes.strike(model(1), Offence::EndedProcess, later);
        assert!(quarantine.unwrap().reason.contains("past its deadline (1)"));
        assert_eq!(strikes.strike(model(1), Offence::EndedProcess, later), None);
    }

    #[test]
    fn quarantine_is_announced_listed_and_released() {
        let book = StrikeBook::new();
        let mut events = book.events();
        book.past_deadline(model(1));
        book.past_deadline(model(1));
        let announced = events.try_recv().unwrap();
        assert!(events.try_recv().is_err());
        assert_eq!(book.quarantined(), std::slice::from_ref(&announced));
        book.release(&model(1));
        assert_eq!(book.quarantined(), []);
        assert_eq!(book.place(&[model(1)]), Ok(Place::Main));
        book.set_quarantined(vec![announced.clone()]);
        assert_eq!(book.place(&[model(1)]), Err(announced));
    }
}
