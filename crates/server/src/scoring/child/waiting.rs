//! Calls that wait: a line an endpoint, the lines taking turns, so that one endpoint with many calls
//! does not keep the others waiting. Whoever takes a call takes those along that its run can answer
//! too.

use std::{
    collections::{HashMap, VecDeque},
    time::Instant,
};

use super::{
    super::join::{Head, RUN_CALLS},
    queue::Job,
};

/// Rows that are worth a run of their own on another worker.
const SHARE: usize = 64;
/// Calls looked at for one run.
const LOOKED_AT: usize = 512;

/// All calls that wait.
#[derive(Default)]
pub(super) struct Waiting {
    lines: HashMap<u64, VecDeque<Job>>,
    /// Every line that has a call, in the order of their turns.
    turns: VecDeque<u64>,
    /// Rows in all lines.
    rows: usize,
}

impl Waiting {
    /// Adds a call at the end of its line.
    pub(super) fn push(&mut self, job: Job) {
        self.rows += job.head.rows as usize;
        let line = self.lines.entry(job.head.flow).or_default();
        if line.is_empty() {
            self.turns.push_back(job.head.flow);
        }
        line.push_back(job);
    }

    /// Whether no call waits.
    pub(super) fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// Puts a call back at the head of its line, which is the next to take its turn.
    pub(super) fn unshift(&mut self, job: Job) {
        self.rows += job.head.rows as usize;
        let line = self.lines.entry(job.head.flow).or_default();
        if line.is_empty() {
            self.turns.push_front(job.head.flow);
        }
        line.push_front(job);
    }

    /// The call whose turn it is, and others of its kind up to so many rows in all; `idle` workers
    /// have nothing to do and get their share.
    pub(super) fn take(&mut self, room: impl FnOnce(&Head) -> usize, idle: usize) -> Vec<Job> {
        let Some(job) = self.first() else {
            return Vec::new();
        };
        let (head, rest) = (job.head, self.rows);
        let mut taken = vec![job];
        let rows = head.rows as usize;
        let share = (rows + rest).div_ceil(idle + 1).max(SHARE);
        let room = room(&head).min(share);
        if rest == 0 || room <= rows {
            return taken;
        }
        self.collect(&mut taken, head.key, room - rows);
        taken
    }

    fn first(&mut self) -> Option<Job> {
        let flow = self.turns.pop_front()?;
        let line = self.lines.get_mut(&flow)?;
        let job = line.pop_front()?;
        if line.is_empty() {
            self.lines.remove(&flow);
        } else {
            self.turns.push_back(flow);
        }
        self.rows -= job.head.rows as usize;
        Some(job)
    }

    /// Takes calls of this kind out of all lines, the next in turn first.
    fn collect(&mut self, taken: &mut Vec<Job>, key: u64, mut room: usize) {
        let mut looked_at = 0;
        let lines = &mut self.lines;
        for flow in &self.turns {
            let Some(line) = lines.get_mut(flow) else {
                continue;
            };
            let mut at = 0;
            while let Some(job) = line.get(at) {
                looked_at += 1;
                if taken.len() >= RUN_CALLS || looked_at > LOOKED_AT {
                    break;
                }
                let rows = job.head.rows as usize;
                if job.head.key != key || rows > room {
                    at += 1;
                } else if let Some(job) = line.remove(at) {
                    room -= rows;
                    self.rows -= rows;
                    taken.push(job);
                }
            }
        }
        self.tidy();
    }

    /// Takes a call out.
    pub(super) fn remove(&mut self, call: u64) -> Option<Job> {
        let job = self.lines.values_mut().find_map(|line| {
            let at = line.iter().position(|job| job.call == call)?;
            line.remove(at)
        })?;
        self.rows -= job.head.rows as usize;
        self.tidy();
        Some(job)
    }

    /// Takes out the calls whose deadline has passed.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<Job> {
        let mut expired = Vec::new();
        for line in self.lines.values_mut() {
            if line.iter().all(|job| job.deadline > now) {
                continue;
            }
            for job in std::mem::take(line) {
                if job.deadline <= now {
                    self.rows -= job.head.rows as usize;
                    expired.push(job);
                } else {
                    line.push_back(job);
                }
            }
        }
        self.tidy();
        expired
    }

    /// The deadline that passes first.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let jobs = self.lines.values().flatten();
        jobs.map(|job| job.deadline).min()
    }

    /// Forgets lines that have become empty.
    fn tidy(&mut self) {
        let lines = &mut self.lines;
        lines.retain(|_, line| !line.is_empty());
        self.turns.retain(|flow| lines.contains_key(flow));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::{collection::vec, prelude::*};

    use super::{super::queue::Task, *};

    fn job(call: u64, flow: u64, key: u64, rows: u32) -> Job {
        Job {
            call,
            head: Head { flow, key, rows },
            deadline: Instant::now() + Duration::from_secs(call),
            received: 0,
            task: Task::Score(Vec::new()),
        }
    }

    fn waiting(jobs: &[(u64, u64, u64, u32)]) -> Waiting {
        let mut waiting = Waiting::default();
        for &(call, flow, key, rows) in jobs {
            waiting.push(job(call, flow, key, rows));
        }
        waiting
    }

    fn calls(jobs: &[Job]) -> Vec<u64> {
        jobs.iter().map(|job| job.call).collect()
    }

    #[test]
    fn lines_take_turns() {
        let mut waiting = waiting(&[(1, 1, 0, 1), (2, 1, 0, 1), (3, 1, 0, 1), (4, 2, 0, 1)]);
        let order: Vec<u64> = (0..4)
            .flat_map(|_| calls(&waiting.take(|_| 0, 0)))
            .collect();
        assert_eq!(order, [1, 4, 2, 3]);
        assert!(waiting.take(|_| 0, 0).is_empty());
    }

    #[test]
    fn calls_of_a_kind_are_taken_along_up_to_the_room() {
        let mut waiting = waiting(&[
            (1, 1, 7, 2),
            (2, 1, 8, 1),
            (3, 1, 7, 2),
            (4, 2, 7, 3),
            (5, 2, 7, 1),
        ]);
        // The other line comes first; what does not fit into the room is passed over.
        assert_eq!(calls(&waiting.take(|_| 4, 0)), [1, 5]);
        assert_eq!(calls(&waiting.take(|_| 5, 0)), [4, 3]);
        assert_eq!(calls(&waiting.take(|_| 6, 0)), [2]);
    }

    #[test]
    fn an_idle_worker_gets_its_share() {
        let jobs: Vec<_> = (1..=4).map(|call| (call, 1, 7, 50)).collect();
        let mut waiting = waiting(&jobs);
        assert_eq!(calls(&waiting.take(|_| 1_024, 1)), [1, 2]);
        assert_eq!(calls(&waiting.take(|_| 1_024, 0)), [3, 4]);
    }

    #[test]
    fn what_comes_back_is_first_in_its_line() {
        let mut waiting = waiting(&[(1, 1, 0, 1), (2, 1, 0, 1), (3, 2, 0, 1)]);
        let first = waiting.take(|_| 0, 0).remove(0);
        waiting.unshift(first);
        waiting.unshift(job(4, 3, 0, 1));
        let order: Vec<u64> = (0..4)
            .flat_map(|_| calls(&waiting.take(|_| 0, 0)))
            .collect();
        assert_eq!(order, [4, 3, 1, 2]);
    }

    #[test]
    fn what_is_cancelled_or_late_is_taken_out() {
        let mut waiting = waiting(&[(1, 1, 7, 1), (2, 2, 7, 1), (3, 2, 7, 1)]);
        assert_eq!(waiting.remove(2).map(|job| job.call), Some(2));
        assert!(waiting.remove(2).is_none());
        let late = waiting.expire(Instant::now() + Duration::from_millis(1_500));
        assert_eq!(calls(&late), [1]);
        assert_eq!(calls(&waiting.take(|_| 9, 0)), [3]);
        assert_eq!((waiting.rows, waiting.turns.len()), (0, 0));
    }

    proptest! {
        #[test]
        fn every_call_is_taken_once(
            jobs in vec((0u64..4, 0u64..3, 1u32..40), 0..80), room in 0usize..200, idle in 0usize..3,
        ) {
            let mut waiting = Waiting::default();
            for (call, (flow, key, rows)) in jobs.iter().enumerate() {
                waiting.push(job(call as u64, *flow, *key, *rows));
            }
            let mut seen = Vec::new();
            loop {
                let taken = waiting.take(|head| if head.key == 0 { 0 } else { room }, idle);
                let Some(first) = taken.first() else { break };
                let rows: u32 = taken.iter().map(|job| job.head.rows).sum();
                prop_assert!(taken.len() == 1 || rows as usize <= room);
                prop_assert!(taken.iter().all(|job| job.head.key == first.head.key));
                seen.extend(calls(&taken));
            }
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..jobs.len() as u64).collect::<Vec<_>>());
        }
    }
}
