//! Counting what test runners report. A runner that failed without naming a failed test, or that
//! ran nothing, counts as one failure: silence is no success.

use serde::Deserialize;

/// How many checks or tests passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that passed.
    pub passed: usize,
    /// Those that failed.
    pub failed: usize,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Counts {
    /// One check, passed or failed.
    pub fn one(passed: bool) -> Self {
        Self {
            passed: usize::from(passed),
            failed: usize::from(!passed),
        }
    }

    /// The counts of a runner, given whether the runner itself reported success. `may_be_empty`
    /// where a filter may have left it nothing to run.
    pub fn judged(self, succeeded: bool, may_be_empty: bool) -> Self {
        let silent_failure = !succeeded && self.failed == 0;
        let nothing_ran = self == Self::default() && !may_be_empty;
        let failed = self.failed + usize::from(silent_failure || nothing_ran);
        Self {
            passed: self.passed,
            failed,
        }
    }
}

/// Adds up the `test result:` lines that `cargo test` prints, one for each test binary.
pub fn of_cargo_test(output: &str) -> Counts {
    let mut counts = Counts::default();
    for line in output
        .lines()
        .filter(|line| line.starts_with("test result: "))
    {
        counts.passed += number_before(line, " passed;");
        counts.failed += number_before(line, " failed;");
    }
    counts
}

fn number_before(line: &str, word: &str) -> usize {
    let Some((before, _)) = line.split_once(word) else {
        return 0;
    };
    let digits = before
        .rsplit(|c: char| !c.is_ascii_digit())
        .next()
        .unwrap_or_default();
    digits.parse().unwrap_or(0)
}

/// Reads the report that Playwright writes as JSON. A test that needed a second try counts as
/// failed. `None` where the text is no such report.
pub fn of_playwright(report: &str) -> Option<Counts> {
    #[derive(Deserialize)]
    struct Report {
        stats: Stats,
    }
    #[derive(Deserialize)]
    struct Stats {
        expected: usize,
        unexpected: usize,
        flaky: usize,
    }
    let Report { stats } = serde_json::from_str(report).ok()?;
    Some(Counts {
        passed: stats.expected,
        failed: stats.unexpected + stats.flaky,
    })
}

/// Reads the report that pytest writes as JUnit's XML. A skipped test is neither. `None` where the
/// text is no such report.
pub fn of_pytest(report: &str) -> Option<Counts> {
    let (_, suite) = report.split_once("<testsuite ")?;
    let (suite, _) = suite.split_once('>')?;
    let number = |name: &str| {
        let (_, value) = suite.split_once(&format!(" {name}=\""))?;
        value.split_once('"')?.0.parse::<usize>().ok()
    };
    let failed = number("errors")? + number("failures")?;
    let passed = number("tests")?.checked_sub(failed + number("skipped")?)?;
    Some(Counts { passed, failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_test_lines_are_added_up() {
        let output = "running 2 tests\ntest a ... ok\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
            test result: FAILED. 10 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(
            of_cargo_test(output),
            Counts {
                passed: 12,
                failed: 3
            }
        );
        assert_eq!(
            of_cargo_test("error: could not compile `a`"),
            Counts::default()
        );
    }

    #[test]
    fn a_failed_compilation_counts_as_a_failure() {
        let nothing = Counts::default();
        assert_eq!(
            nothing.judged(false, false),
            Counts {
                passed: 0,
                failed: 1
            }
        );
        let passed = Counts {
            passed: 5,
            failed: 0,
        };
        assert_eq!(
            passed.judged(false, false),
            Counts {
                passed: 5,
                failed: 1
            }
        );
        let failed = Counts {
            passed: 5,
            failed: 2,
        };
        assert_eq!(failed.judged(false, false), failed);
    }

    #[test]
    fn no_test_at_all_counts_as_a_failure_unless_a_filter_asked_for_it() {
        let nothing = Counts::default();
        assert_eq!(
            nothing.judged(true, false),
            Counts {
                passed: 0,
                failed: 1
            }
        );
        assert_eq!(nothing.judged(true, true), nothing);
    }

    #[test]
    fn playwright_reports_are_read_and_a_second_try_is_no_pass() {
        let report = r#"{"config":{},"stats":{"expected":7,"unexpected":1,"flaky":2,"skipped":1,"duration":3.5}}"#;
        assert_eq!(
            of_playwright(report),
            Some(Counts {
                passed: 7,
                failed: 3
            })
        );
        assert_eq!(of_playwright("{}"), None);
    }

    #[test]
    fn pytest_reports_are_read() {
        let report = r#"<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="16" time="0.6"><testcase/></testsuite></testsuites>"#;
        assert_eq!(
            of_pytest(report),
            Some(Counts {
                passed: 10,
                failed: 3
            })
        );
        assert_eq!(of_pytest("<testsuite tests=\"1\">"), None);
        assert_eq!(of_pytest(""), None);
    }
}
