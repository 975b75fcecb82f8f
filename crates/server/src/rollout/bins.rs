//! Scores in bins, so that those of two versions can be laid side by side: labels one by one, probabilities
//! in tenths, numbers in bins whose width grows with their size. They are stored fine and shown coarse.

use crate::scoring::Values;
use portico_api::rollout::ScoreBin;
use portico_api::schema::OutputKind;
use std::collections::BTreeMap;

/// Labels of one side that are told apart; those that come later are counted together.
pub const LABELS_KEPT: usize = 100;
/// Labels that are shown one by one.
const LABELS_SHOWN: usize = 20;
/// Bins of numbers that are shown.
const RANGES_SHOWN: i64 = 12;
/// Characters of a label that tell it from others.
const LABEL_LENGTH: usize = 80;
/// Bits of a 64-bit float below its four highest bits of fraction: sixteen bins to each doubling.
const FINE: u32 = 48;
/// Numbers nearer to zero than this count as zero.
const ZERO: f64 = 1.0 / 1_048_576.0;

/// Where a score falls.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bin {
    /// A label.
    Label(String),
    /// Labels beyond those that are told apart.
    Others,
    /// A tenth of a probability: 0 below 0, then 1 to 10, 11 above 1.
    Tenth(i64),
    /// A range of numbers: 0 around zero, growing with the number.
    Range(i64),
    /// Not a number.
    Missing,
}

impl Bin {
    /// As it is stored.
    pub fn key(&self) -> String {
        match self {
            Self::Label(label) => format!("label {label}"),
            Self::Others => "others".to_owned(),
            Self::Tenth(number) => format!("tenth {number}"),
            Self::Range(number) => format!("range {number}"),
            Self::Missing => "missing".to_owned(),
        }
    }

    /// Reads what [`Bin::key`] wrote; `None` of anything else.
    pub fn of_key(key: &str) -> Option<Self> {
        match key.split_once(' ') {
            Some(("label", label)) => Some(Self::Label(label.to_owned())),
            Some(("tenth", number)) => number.parse().ok().map(Self::Tenth),
            Some(("range", number)) => number.parse().ok().map(Self::Range),
            None if key == "others" => Some(Self::Others),
            None if key == "missing" => Some(Self::Missing),
            _ => None,
        }
    }
}

/// How often each score came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bins(pub BTreeMap<Bin, u64>);

impl Bins {
    /// Counts rows that fell into a bin. A label beyond those that are told apart is one of the others.
    pub fn add(&mut self, bin: Bin, rows: u64) {
        if let Some(known) = self.0.get_mut(&bin) {
            *known += rows;
            return;
        }
        // Labels come first in the order of bins.
        let full = self.0.len() >= LABELS_KEPT
            && (self.0.keys())
                .filter(|bin| matches!(bin, Bin::Label(_)))
                .count()
                >= LABELS_KEPT;
        let bin = match bin {
            Bin::Label(_) if full => Bin::Others,
            bin => bin,
        };
        *self.0.entry(bin).or_default() += rows;
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: Self) {
        for (bin, rows) in other.0 {
            self.add(bin, rows);
        }
    }

    /// Counts the scores of a column.
    pub fn count(&mut self, kind: OutputKind, values: &Values) {
        let label = |text: &str| Bin::Label(text.chars().take(LABEL_LENGTH).collect());
        let number = |value: f64| match kind {
            OutputKind::Label if value.is_nan() => Bin::Missing,
            OutputKind::Label => label(&value.to_string()),
            OutputKind::Probability => tenth(value),
            OutputKind::Value => range(value),
        };
        match values {
            Values::Text(texts) => texts.iter().for_each(|text| self.add(label(text), 1)),
            Values::Bool(flags) => flags
                .iter()
                .for_each(|flag| self.add(label(&flag.to_string()), 1)),
            Values::I64(numbers) if kind == OutputKind::Label => numbers
                .iter()
                .for_each(|number| self.add(label(&number.to_string()), 1)),
            #[expect(
                clippy::cast_precision_loss,
                reason = "bins are far wider than what is lost"
            )]
            Values::I64(numbers) => numbers
                .iter()
                .for_each(|&one| self.add(number(one as f64), 1)),
            Values::F32(numbers) => numbers
                .iter()
                .for_each(|&one| self.add(number(one.into()), 1)),
            Values::F64(numbers) => numbers.iter().for_each(|&one| self.add(number(one), 1)),
        }
    }
}

fn tenth(value: f64) -> Bin {
    if value.is_nan() {
        return Bin::Missing;
    }
    let passed = (0_i32..=10).filter(|edge| value >= f64::from(*edge) / 10.0);
    let number = i64::try_from(passed.count()).unwrap_or(0);
    // 1 is the end of the last tenth, not the beginning of one more.
    Bin::Tenth(if value <= 1.0 { number.min(10) } else { 11 })
}

fn range(value: f64) -> Bin {
    if value.is_nan() {
        return Bin::Missing;
    }
    let size = value.abs().min(f64::MAX);
    if size < ZERO {
        return Bin::Range(0);
    }
    let number = (size.to_bits() >> FINE) - (ZERO.to_bits() >> FINE) + 1;
    let number = i64::try_from(number).unwrap_or(0);
    Bin::Range(if value < 0.0 { -number } else { number })
}

/// The lower end of a range.
fn edge(number: i64) -> f64 {
    if number <= 0 {
        return -edge(1 - number);
    }
    let steps = number.unsigned_abs() - 1 + (ZERO.to_bits() >> FINE);
    f64::from_bits(steps << FINE).min(f64::MAX)
}

/// A number in at most four digits.
fn short(value: f64) -> String {
    let size = value.abs();
    if size <= ZERO {
        return "0".to_owned();
    }
    if !(1e-4..1e9).contains(&size) {
        return format!("{value:.2e}");
    }
    let digits = (0..8_u8).find(|digits| size * 10_f64.powi(i32::from(*digits)) >= 1_000.0);
    let text = format!("{value:.0$}", usize::from(digits.unwrap_or(8)));
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// The scores of both sides, side by side: labels by how often they came, numbers from low to high.
pub fn shown(current: &Bins, candidate: &Bins) -> Vec<ScoreBin> {
    let mut all: BTreeMap<&Bin, (u64, u64)> = BTreeMap::new();
    for (bin, rows) in &current.0 {
        all.entry(bin).or_default().0 += rows;
    }
    for (bin, rows) in &candidate.0 {
        all.entry(bin).or_default().1 += rows;
    }
    let mut labels = Vec::new();
    let mut others = (0, 0);
    let mut numbers: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    let (mut tenths, mut missing) = (Vec::new(), None);
    for (bin, rows) in all {
        match bin {
            Bin::Label(label) => labels.push((label, rows)),
            Bin::Others => others = rows,
            Bin::Tenth(number) => tenths.push((number, rows)),
            Bin::Range(number) => *numbers.entry(*number).or_default() = rows,
            Bin::Missing => missing = Some(rows),
        }
    }
    labels.sort_by_key(|(_, (current, candidate))| std::cmp::Reverse(current + candidate));
    for (_, rows) in labels.drain(LABELS_SHOWN.min(labels.len())..) {
        others = (others.0 + rows.0, others.1 + rows.1);
    }
    let named = labels.into_iter().map(|(label, rows)| {
        let label = if label.is_empty() { "(empty)" } else { label };
        bin(label.to_owned(), rows)
    });
    let mut shown: Vec<ScoreBin> = named.collect();
    if others != (0, 0) {
        shown.push(bin("(all others)".to_owned(), others));
    }
    shown.extend(tenths.into_iter().map(|(number, rows)| {
        let name = match number {
            0 => "below 0".to_owned(),
            11 => "above 1".to_owned(),
            _ => format!("{} to {}", tenth_edge(number - 1), tenth_edge(*number)),
        };
        bin(name, rows)
    }));
    shown.extend(ranges(&numbers));
    shown.extend(missing.map(|rows| bin("(missing)".to_owned(), rows)));
    shown
}

fn tenth_edge(number: i64) -> String {
    match number {
        0 => "0".to_owned(),
        10 => "1".to_owned(),
        _ => format!("0.{number}"),
    }
}

/// Fine ranges put together until few enough are left, all as many fine ones wide.
fn ranges(numbers: &BTreeMap<i64, (u64, u64)>) -> Vec<ScoreBin> {
    let (Some((&first, _)), Some((&last, _))) =
        (numbers.first_key_value(), numbers.last_key_value())
    else {
        return Vec::new();
    };
    let together = (last - first).div_euclid(RANGES_SHOWN) + 1;
    let parts = (last - first).div_euclid(together) + 1;
    (0..parts)
        .map(|part| {
            let (from, to) = (first + part * together, first + (part + 1) * together);
            let mut sum = (0, 0);
            for (current, candidate) in numbers.range(from..to).map(|(_, rows)| *rows) {
                sum = (sum.0 + current, sum.1 + candidate);
            }
            bin(format!("{} to {}", short(edge(from)), short(edge(to))), sum)
        })
        .collect()
}

fn bin(label: String, (current, candidate): (u64, u64)) -> ScoreBin {
    ScoreBin {
        label,
        current,
        candidate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(kind: OutputKind, values: &Values) -> Bins {
        let mut bins = Bins::default();
        bins.count(kind, values);
        bins
    }

    fn texts(shown: &[ScoreBin]) -> Vec<String> {
        let text = |bin: &ScoreBin| format!("{} {} {}", bin.label, bin.current, bin.candidate);
        shown.iter().map(text).collect()
    }

    #[test]
    fn labels_are_counted_and_the_rare_ones_together() {
        let current = Values::Text(["a", "b", "a", ""].iter().collect());
        let current = of(OutputKind::Label, &current);
        let candidate = of(
            OutputKind::Label,
            &Values::Text(["b", "b", "b"].iter().collect()),
        );
        assert_eq!(
            texts(&shown(&current, &candidate)),
            ["b 1 3", "a 2 0", "(empty) 1 0"]
        );
        let numbers = of(OutputKind::Label, &Values::I64(vec![1, 0, 1]));
        assert_eq!(
            texts(&shown(&numbers, &Bins::default())),
            ["1 2 0", "0 1 0"]
        );
        let many = Values::I64((0..1_000).collect());
        let many = of(OutputKind::Label, &many);
        let rows = shown(&many, &Bins::default());
        assert_eq!(rows.len(), LABELS_SHOWN + 1);
        assert_eq!(rows[LABELS_SHOWN].label, "(all others)");
        assert_eq!(rows.iter().map(|bin| bin.current).sum::<u64>(), 1_000);
        assert_eq!(many.0.len(), LABELS_KEPT + 1);
    }

    #[test]
    fn probabilities_fall_into_tenths() {
        let values = Values::F64(vec![-0.1, 0.0, 0.05, 0.1, 0.95, 1.0, 1.1, f64::NAN]);
        let bins = of(OutputKind::Probability, &values);
        assert_eq!(
            texts(&shown(&bins, &Bins::default())),
            [
                "below 0 1 0",
                "0 to 0.1 2 0",
                "0.1 to 0.2 1 0",
                "0.9 to 1 2 0",
                "above 1 1 0",
                "(missing) 1 0"
            ]
        );
    }

    #[test]
    fn numbers_are_shown_in_a_dozen_ranges() {
        let values: Vec<f64> = (0_i32..400)
            .map(|step| f64::from(2_700 + step * 9))
            .collect();
        let bins = of(OutputKind::Value, &Values::F64(values));
        let rows = shown(&bins, &Bins::default());
        assert!((7..=12).contains(&rows.len()), "{rows:?}");
        assert_eq!(rows[0].label, "2688 to 2944");
        assert_eq!(rows.iter().map(|bin| bin.current).sum::<u64>(), 400);
        let few = of(
            OutputKind::Value,
            &Values::F32(vec![0.0, -1.5, f32::INFINITY]),
        );
        let rows = shown(&few, &Bins::default());
        assert!(rows.len() <= 12);
        assert_eq!(rows.iter().map(|bin| bin.current).sum::<u64>(), 3);
        assert_eq!(
            (short(0.012_34), short(-1.5), short(2e9), short(1_000_000.0)),
            (
                "0.01234".into(),
                "-1.5".into(),
                "2.00e9".into(),
                "1000000".into()
            )
        );
    }

    proptest! {
        #[test]
        fn a_number_is_within_the_ends_of_its_range(value in prop::num::f64::NORMAL) {
            let Bin::Range(number) = range(value) else { return Err(TestCaseError::fail("no range")) };
            // Below zero a range holds its upper end, above its lower one.
            prop_assert!(edge(number) <= value && value <= edge(number + 1), "{value} in {number}");
            prop_assert!(edge(number) < edge(number + 1) || value.abs() > f64::MAX / 2.0);
        }

        #[test]
        fn keys_are_read_back(label in "\\PC{0,20}", number in -40_000_i64..40_000) {
            for bin in [Bin::Label(label), Bin::Others, Bin::Tenth(number), Bin::Range(number), Bin::Missing] {
                prop_assert_eq!(Bin::of_key(&bin.key()), Some(bin));
            }
        }

        #[test]
        fn no_more_than_a_dozen_ranges(values in prop::collection::vec(any::<f64>(), 0..60)) {
            let rows = u64::try_from(values.len()).unwrap();
            let shown = shown(&of(OutputKind::Value, &Values::F64(values)), &Bins::default());
            prop_assert!(shown.len() <= 13);
            prop_assert_eq!(shown.iter().map(|bin| bin.current).sum::<u64>(), rows);
        }
    }
}
