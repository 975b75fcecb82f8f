//! Single turns of a run, played by hand.

use super::{CALL_BYTES, HOPELESS, Next, Outcome, Run, TRIES};
use crate::protocol::RowState;

/// The rows of the next call, which must be one.
fn sent(run: &mut Run, now: f64) -> (u64, Vec<u32>) {
    match run.next(now, |_| 10) {
        Next::Send { call, rows } => (call, rows),
        other => panic!("{other:?}"),
    }
}

fn lost() -> Outcome {
    Outcome::Lost {
        words: "The server could not be reached.".to_owned(),
    }
}

#[test]
fn a_dead_line_stops_the_run_with_words_and_it_goes_on() {
    let mut run = Run::new(10_000);
    run.begin(false, 20, |_| None);
    let (mut now, mut calls) = (0.0, 0);
    loop {
        match run.next(now, |_| 10) {
            Next::Send { call, .. } => {
                calls += 1;
                run.answered(call, lost(), now);
            }
            Next::Wait { until_ms } => {
                let words = run.facts(now).words;
                assert!(words.starts_with("The server could not be reached. Going on in "));
                now = until_ms;
            }
            Next::Idle => panic!("nothing is under way"),
            Next::Done => break,
        }
    }
    let facts = run.facts(now);
    assert_eq!(facts.waiting, 10_000);
    assert!(facts.words.ends_with("It was tried 7 times."), "{facts:?}");
    assert!((30_000.0..60_000.0).contains(&now), "{now}");
    assert!(calls <= 2 * TRIES, "{calls} calls on a dead line");
    assert_eq!(run.begin(false, 20, |_| None), 10_000);
    assert_eq!(run.facts(now).words, "");
    sent(&mut run, now);
}

#[test]
fn a_line_that_breaks_under_many_calls_is_not_tried_without_pause() {
    let mut run = Run::new(1_000_000);
    let mut calls = Vec::new();
    run.begin(false, 40, |_| None);
    assert_eq!(at_once(&mut run, &mut calls, 0.0), 20);
    let mut count = 20;
    // All break off, one after the other, and what goes out in between does too.
    while let Some((call, _)) = (!calls.is_empty()).then(|| calls.remove(0)) {
        run.answered(call, lost(), 1.0);
        let before = calls.len();
        count += at_once(&mut run, &mut calls, 1.0) - before;
    }
    assert_eq!(count, 21, "the first loss may be one call's alone");
    assert!(matches!(run.next(1.0, |_| 10), Next::Wait { .. }));
    // One answer, and it goes on at once.
    let Next::Wait { until_ms } = run.next(1.0, |_| 10) else {
        panic!("it does not wait");
    };
    let (call, rows) = sent(&mut run, until_ms);
    run.answered(call, Outcome::Scored { rows: rows.len() }, until_ms);
    assert!(at_once(&mut run, &mut calls, until_ms) > 1);
    assert_eq!(run.facts(until_ms).words, "");
}

#[test]
fn a_full_endpoint_is_asked_as_seldom_as_it_says() {
    let mut run = Run::new(100);
    run.begin(false, 4, |_| None);
    let mut now = 0.0;
    for _ in 0..50 {
        match run.next(now, |_| 10) {
            Next::Send { call, .. } => {
                let retry_after_ms = Some(3_000);
                run.answered(call, Outcome::Refused { retry_after_ms }, now);
                let facts = run.facts(now);
                assert_eq!(facts.waiting, 100);
                assert!(facts.words.starts_with("The endpoint takes no more calls"));
            }
            Next::Wait { until_ms } => {
                assert!((3_000.0..=3_750.0).contains(&(until_ms - now)) || until_ms - now < 750.0);
                now = until_ms;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(run.facts(now).running);
    assert!(run.facts(now).retries >= 20);
}

#[test]
fn rows_are_skipped_with_their_reasons_and_looked_at_anew() {
    let mut run = Run::new(10);
    let odd = |row: u32| (row % 2 == 1).then(|| "odd".to_owned());
    assert_eq!(run.begin(false, 4, odd), 5);
    let (call, rows) = sent(&mut run, 0.0);
    assert_eq!(rows, [0, 2, 4, 6, 8]);
    assert_eq!(
        run.answered(call, Outcome::Scored { rows: 5 }, 10.0).len(),
        5
    );
    assert_eq!(run.facts(10.0).skipped, 5);
    assert_eq!((run.state(3), run.reason(3)), (RowState::Skipped, "odd"));
    run.edited(3..4);
    assert_eq!((run.state(3), run.reason(3)), (RowState::Waiting, ""));
    assert_eq!(run.begin(false, 4, |_| None), 5);
    assert_eq!(sent(&mut run, 20.0).1, [1, 3, 5, 7, 9]);
}

#[test]
fn failed_rows_are_tried_again_when_asked() {
    let mut run = Run::new(2);
    run.begin(false, 4, |_| None);
    let (call, _) = sent(&mut run, 0.0);
    let rows = vec![(1, "no".to_owned()), (1, "second word".to_owned())];
    run.answered(call, Outcome::Wrong { rows }, 1.0);
    let (call, rows) = sent(&mut run, 1.0);
    assert_eq!(rows, [0]);
    run.answered(call, Outcome::Scored { rows: 1 }, 2.0);
    assert_eq!(run.reason(1), "no");
    assert_eq!(run.begin(false, 4, |_| None), 0);
    assert!(!run.facts(2.0).running);
    assert_eq!(run.begin(true, 4, |_| None), 1);
    assert_eq!(sent(&mut run, 3.0).1, [1]);
}

#[test]
fn a_refusal_that_names_no_row_still_ends() {
    let mut run = Run::new(4);
    run.begin(false, 2, |_| None);
    let mut calls = 0;
    while let Next::Send { call, .. } = run.next(0.0, |_| 10) {
        calls += 1;
        let rows = vec![(99, "beyond".to_owned())];
        run.answered(call, Outcome::Wrong { rows }, 0.0);
    }
    assert_eq!(calls, 7);
    assert_eq!(run.failed_rows().count(), 4);
}

#[test]
fn rows_that_all_fail_stop_the_run() {
    let mut run = Run::new(100_000);
    run.begin(false, 2, |_| None);
    let mut calls = 0;
    while let Next::Send { call, .. } = run.next(0.0, |_| 10) {
        calls += 1;
        let reason = "Broken model.".to_owned();
        run.answered(call, Outcome::Failed { reason }, 0.0);
    }
    let facts = run.facts(0.0);
    assert_eq!(facts.failed, HOPELESS);
    assert!(facts.words.ends_with("Broken model."), "{facts:?}");
    assert!(calls < 220, "{calls}");
}

#[test]
fn a_stop_says_why_and_gives_rows_back() {
    let mut run = Run::new(100);
    run.begin(false, 8, |_| None);
    let (one, rows) = sent(&mut run, 0.0);
    let (two, _) = sent(&mut run, 0.0);
    let words = "The endpoint is paused.".to_owned();
    run.answered(one, Outcome::Stop { words }, 5.0);
    let facts = run.facts(5.0);
    assert_eq!(
        (facts.running, facts.in_flight, facts.waiting),
        (false, 0, 100)
    );
    assert_eq!(facts.words, "The endpoint is paused.");
    assert!(
        run.answered(two, Outcome::Scored { rows: 50 }, 6.0)
            .is_empty()
    );
    assert_eq!(run.facts(6.0).waiting, 100);
    run.begin(false, 8, |_| None);
    assert_eq!(sent(&mut run, 7.0).1, rows);
}

#[test]
fn calls_that_are_too_slow_get_smaller_until_one_row_is() {
    let mut run = Run::new(1_000);
    run.begin(false, 2, |_| None);
    let mut now = 0.0;
    let mut sizes = Vec::new();
    while let Next::Send { call, rows } = run.next(now, |_| 10) {
        now += 100_000.0;
        sizes.push(rows.len());
        let words = "The call ran past its deadline.".to_owned();
        run.answered(call, Outcome::TooSlow { words }, now);
    }
    assert_eq!(sizes, [250, 125, 63, 32, 16, 8, 4, 2, 1]);
    let facts = run.facts(now);
    assert_eq!(facts.words, "The call ran past its deadline.");
    assert_eq!(facts.waiting, 1_000);
}

#[test]
fn calls_follow_the_time_they_take() {
    let mut run = Run::new(1_000_000);
    run.begin(false, 2, |_| None);
    let mut now = 0.0;
    let mut size_at = |ms: f64, calls: u32| {
        let mut size = 0;
        for _ in 0..calls {
            let (call, rows) = sent(&mut run, now);
            size = rows.len();
            now += ms;
            run.answered(call, Outcome::Scored { rows: size }, now);
        }
        size
    };
    assert_eq!(size_at(100.0, 1), 1_000);
    assert_eq!(size_at(100.0, 5), 2_000);
    assert_eq!(size_at(8_000.0, 2), 500);
    assert_eq!(size_at(1_000.0, 5), 125);
    assert_eq!(size_at(100.0, 20), 2_000);
}

#[test]
fn calls_are_bounded_by_bytes_too() {
    let mut run = Run::new(10);
    run.begin(false, 2, |_| None);
    let bytes = |row: u32| {
        if row == 4 {
            3 * CALL_BYTES
        } else {
            CALL_BYTES / 3
        }
    };
    let mut calls = Vec::new();
    while let Next::Send { call, rows } = run.next(0.0, bytes) {
        run.answered(call, Outcome::Scored { rows: rows.len() }, 0.0);
        calls.push(rows);
    }
    assert_eq!(
        calls,
        [vec![0, 1, 2], vec![3], vec![4], vec![5, 6, 7], vec![8, 9]]
    );
}

#[test]
fn the_rate_is_that_of_the_last_seconds() {
    let mut run = Run::new(100_000);
    run.begin(false, 2, |_| None);
    for second in 0..10 {
        let now = f64::from(second) * 1_000.0;
        let (call, rows) = sent(&mut run, now);
        run.answered(call, Outcome::Scored { rows: rows.len() }, now + 500.0);
    }
    let rate = run.facts(10_000.0).rate;
    assert!((900.0..1_100.0).contains(&rate), "{rate}");
    assert!(run.facts(60_000.0).rate < 1.0);
}

#[test]
fn an_edited_row_is_stale_and_only_it_is_sent_again() {
    let mut run = Run::new(100);
    run.begin(false, 2, |_| None);
    let (call, _) = sent(&mut run, 0.0);
    // Edited under way: what comes back about rows 10 and 11 is about what stood there before.
    run.edited(10..12);
    let kept = run.answered(call, Outcome::Scored { rows: 50 }, 1.0);
    assert_eq!(kept.len(), 48);
    let (call, rows) = sent(&mut run, 1.0);
    assert_eq!(rows, [10, 11]);
    assert_eq!(
        run.answered(call, Outcome::Scored { rows: 2 }, 2.0),
        [(0, 10), (1, 11)]
    );
    let (call, _) = sent(&mut run, 2.0);
    run.answered(call, Outcome::Scored { rows: 50 }, 3.0);
    assert_eq!(run.next(3.0, |_| 10), Next::Done);
    run.edited(5..6);
    assert_eq!(run.state(5), RowState::Stale);
    let facts = run.facts(3.0);
    assert_eq!((facts.scored, facts.waiting), (99, 1));
    assert_eq!(run.begin(false, 2, |_| None), 1);
    assert_eq!(sent(&mut run, 4.0).1, [5]);
}

/// How many calls go out before one has to be answered.
fn at_once(run: &mut Run, calls: &mut Vec<(u64, usize)>, now: f64) -> usize {
    while let Next::Send { call, rows } = run.next(now, |_| 10) {
        calls.push((call, rows.len()));
    }
    calls.len()
}

#[test]
fn at_most_half_of_the_limit_is_used_as_it_stands_now() {
    let mut run = Run::new(100_000);
    let mut calls = Vec::new();
    run.begin(false, 9, |_| None);
    assert_eq!(at_once(&mut run, &mut calls, 0.0), 4);
    run.set_limit(13);
    assert_eq!(at_once(&mut run, &mut calls, 0.0), 6);
    run.set_limit(1);
    for _ in 0..5 {
        let (call, rows) = calls.remove(0);
        run.answered(call, Outcome::Scored { rows }, 400.0);
        assert_eq!(run.next(400.0, |_| 10), Next::Idle);
    }
    let (call, rows) = calls.remove(0);
    run.answered(call, Outcome::Scored { rows }, 400.0);
    assert_eq!(at_once(&mut run, &mut calls, 400.0), 1);
}

#[test]
fn a_refusal_slows_the_others_and_they_pick_up_again() {
    let mut run = Run::new(1_000_000);
    let mut calls = Vec::new();
    run.begin(false, 20, |_| None);
    assert_eq!(at_once(&mut run, &mut calls, 0.0), 10);
    // Three calls of one round are refused for one reason: the endpoint is asked for 7 at once, not 3.
    for (call, _) in calls.drain(..3) {
        let retry_after_ms = Some(1_000);
        run.answered(call, Outcome::Refused { retry_after_ms }, 1.0);
    }
    assert_eq!(at_once(&mut run, &mut calls, 1.0), 7);
    assert_eq!(run.facts(1.0).words, "", "the others go on");
    for _ in 0..40 {
        let (call, rows) = calls.remove(0);
        run.answered(call, Outcome::Scored { rows }, 400.0);
        at_once(&mut run, &mut calls, 400.0);
    }
    assert_eq!(calls.len(), 10);
    assert_eq!(run.facts(400.0).retries, 3);
}
