//! How a call ended, and how an answer or a problem of the REST API is one of these ends.

use portico_api::problem::{Code, Problem};
use portico_api::score::ScoreAnswer;

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was scored.
    Scored {
        /// How many rows the answer has. If they are not as many as were sent, the answer is worth nothing.
        rows: usize,
    },
    /// The endpoint has too much to do just now. The rows go out again, however often it takes.
    Refused {
        /// After how many milliseconds the server wants to be asked again, if it said so.
        retry_after_ms: Option<u32>,
    },
    /// It broke off, or its answer can't be read. The rows go out again, [`super::TRIES`] times in all.
    Lost {
        /// What happened, in a sentence.
        words: String,
    },
    /// Some rows are wrong; the others go out again without them.
    Wrong {
        /// Their places in the call, from 0, and what is wrong with each. The first word on a row counts.
        rows: Vec<(usize, String)>,
    },
    /// It failed on its rows, and it is not known on which: the run finds out.
    Failed {
        /// Why, in words.
        reason: String,
    },
    /// It ran past its deadline. Fewer rows may not; if it was one row, the run stops.
    TooSlow {
        /// What the server said, in a sentence.
        words: String,
    },
    /// No call can succeed just now: the run stops by itself, and can go on later.
    Stop {
        /// Why, in words for a person, with what to do.
        words: String,
    },
}

impl Outcome {
    /// The end that an answer is.
    pub fn of_answer(answer: &ScoreAnswer) -> Self {
        let width = answer.columns.len();
        if answer.rows.iter().any(|row| row.len() != width) {
            return Self::Lost {
                words: "The answer has rows that don't fit its columns.".to_owned(),
            };
        }
        Self::Scored {
            rows: answer.rows.len(),
        }
    }

    /// The end that a problem is; `retry_after` is the head's `Retry-After`, in seconds.
    pub fn of_problem(problem: &Problem, retry_after: Option<u32>) -> Self {
        let words = problem.detail.clone();
        match problem.code {
            Code::Throttled
            | Code::Overloaded
            | Code::TooManyRequests
            | Code::EngineUnavailable => Self::Refused {
                retry_after_ms: retry_after.map(|seconds| seconds.saturating_mul(1_000)),
            },
            Code::Internal | Code::EngineEnded => Self::Lost { words },
            // A body that came too slowly is malformed by its code; it is the line's fault.
            Code::Malformed if problem.status == 408 => Self::Lost { words },
            Code::Invalid => invalid(problem),
            Code::ModelFailed | Code::TooLarge => Self::Failed { reason: words },
            Code::DeadlineExceeded => Self::TooSlow { words },
            Code::Unauthenticated => Self::Stop {
                words: "You are signed out. Sign in again in another tab, then go on.".to_owned(),
            },
            _ => Self::Stop { words },
        }
    }
}

fn invalid(problem: &Problem) -> Outcome {
    let mut rows: Vec<(usize, String)> = Vec::new();
    for error in &problem.errors {
        let Some(row) = row_of(&error.pointer) else {
            // Something that all rows share is wrong, such as a global parameter.
            return Outcome::Stop {
                words: error.detail.clone(),
            };
        };
        match rows.iter_mut().find(|(known, _)| *known == row) {
            Some((_, reason)) => {
                reason.push(' ');
                reason.push_str(&error.detail);
            }
            None => rows.push((row, error.detail.clone())),
        }
    }
    if rows.is_empty() {
        return Outcome::Failed {
            reason: problem.detail.clone(),
        };
    }
    Outcome::Wrong { rows }
}

/// The row that a JSON pointer such as `/rows/3/island` is about.
fn row_of(pointer: &str) -> Option<usize> {
    let rest = pointer.strip_prefix("/rows/")?;
    let number = rest.split('/').next()?;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_api::problem::FieldError;

    fn problem(code: Code, status: u16, errors: &[(&str, &str)]) -> Problem {
        Problem {
            kind: String::new(),
            title: String::new(),
            status,
            detail: "What happened.".to_owned(),
            code,
            request_id: String::new(),
            errors: errors
                .iter()
                .map(|(pointer, detail)| FieldError {
                    pointer: (*pointer).to_owned(),
                    code: String::new(),
                    detail: (*detail).to_owned(),
                })
                .collect(),
        }
    }

    #[test]
    fn problems_are_ends_of_calls() {
        let words = || "What happened.".to_owned();
        let check = |code, status, errors: &[(&str, &str)], expected| {
            let problem = problem(code, status, errors);
            assert_eq!(Outcome::of_problem(&problem, Some(2)), expected, "{code:?}");
        };
        let refused = Outcome::Refused {
            retry_after_ms: Some(2_000),
        };
        check(Code::Throttled, 429, &[], refused.clone());
        check(Code::Overloaded, 503, &[], refused.clone());
        check(Code::EngineUnavailable, 503, &[], refused);
        check(Code::Paused, 503, &[], Outcome::Stop { words: words() });
        check(Code::NotFound, 404, &[], Outcome::Stop { words: words() });
        check(Code::Malformed, 400, &[], Outcome::Stop { words: words() });
        check(Code::Malformed, 408, &[], Outcome::Lost { words: words() });
        check(
            Code::EngineEnded,
            503,
            &[],
            Outcome::Lost { words: words() },
        );
        let failed = Outcome::Failed { reason: words() };
        check(Code::ModelFailed, 422, &[], failed.clone());
        check(Code::Invalid, 422, &[], failed);
        let slow = Outcome::TooSlow { words: words() };
        check(Code::DeadlineExceeded, 504, &[], slow);
        check(
            Code::Invalid,
            422,
            &[
                ("/rows/3/island", "One."),
                ("/rows/0/mass~1kg", "Two."),
                ("/rows/3/sex", "Three."),
            ],
            Outcome::Wrong {
                rows: vec![(3, "One. Three.".to_owned()), (0, "Two.".to_owned())],
            },
        );
        check(
            Code::Invalid,
            422,
            &[("/rows/3/island", "One."), ("/parameters/scale", "Two.")],
            Outcome::Stop {
                words: "Two.".to_owned(),
            },
        );
        check(
            Code::Invalid,
            422,
            &[("/rows", "A call takes at most 10,000 rows.")],
            Outcome::Stop {
                words: "A call takes at most 10,000 rows.".to_owned(),
            },
        );
    }
}
