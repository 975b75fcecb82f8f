//! One column for one input, such that all together fit best.

/// An input and a column that may feed it.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub input: usize,
    pub column: usize,
    /// How well they fit, above 0.
    pub score: f64,
    /// Why.
    pub why: &'static str,
}

/// The most steps that an exact assignment may take; past it the best pairs are taken one by one.
const STEPS: usize = 200_000_000;

/// The pairs, each input and each column at most once, whose scores have the largest sum; by input.
/// Among equals, the columns further to the left.
pub(super) fn best(inputs: usize, pairs: &[Pair]) -> Vec<Option<Pair>> {
    let mut rows: Vec<usize> = pairs.iter().map(|pair| pair.input).collect();
    let mut columns: Vec<usize> = pairs.iter().map(|pair| pair.column).collect();
    rows.sort_unstable();
    rows.dedup();
    columns.sort_unstable();
    columns.dedup();
    let mut out = vec![None; inputs];
    // Each input has one more column of its own, for feeding it from nowhere at no cost.
    let width = columns.len() + rows.len();
    if rows.len() * rows.len() * width > STEPS {
        one_by_one(pairs, &mut out);
        return out;
    }
    let mut cost = vec![vec![0.0; width]; rows.len()];
    let mut which = vec![vec![None; columns.len()]; rows.len()];
    for pair in pairs {
        let row = rows.partition_point(|row| *row < pair.input);
        let column = columns.partition_point(|column| *column < pair.column);
        cost[row][column] = -pair.score + tiny(column);
        which[row][column] = Some(pair);
    }
    for (row, column) in hungarian(&cost).into_iter().enumerate() {
        if let Some(pair) = which[row].get(column).copied().flatten() {
            out[pair.input] = Some(pair.clone());
        }
    }
    out
}

/// Less than any difference of scores, more for columns further to the right.
fn tiny(column: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "numbers of columns")]
    let column = column as f64;
    column * 1e-9
}

fn one_by_one(pairs: &[Pair], out: &mut [Option<Pair>]) {
    let mut order: Vec<&Pair> = pairs.iter().collect();
    order.sort_by(|a, b| {
        let place = (a.input, a.column).cmp(&(b.input, b.column));
        b.score.total_cmp(&a.score).then(place)
    });
    let mut taken = std::collections::HashSet::new();
    for pair in order {
        if out[pair.input].is_none() && taken.insert(pair.column) {
            out[pair.input] = Some(pair.clone());
        }
    }
}

/// The column of each row in an assignment of the lowest cost; there are at least as many columns as
/// rows. Kuhn's and Munkres's method with potentials, in rows² × columns steps.
fn hungarian(cost: &[Vec<f64>]) -> Vec<usize> {
    let rows = cost.len();
    let width = cost.first().map_or(0, Vec::len);
    // Row and column 0 stand for "none"; rows and columns count from 1.
    let mut row_potential = vec![0.0; rows + 1];
    let mut column_potential = vec![0.0; width + 1];
    let mut row_of = vec![0; width + 1];
    for row in 1..=rows {
        let mut way = vec![0; width + 1];
        let mut least = vec![f64::INFINITY; width + 1];
        let mut used = vec![false; width + 1];
        row_of[0] = row;
        let mut at = 0;
        loop {
            used[at] = true;
            let current = row_of[at];
            let mut delta = f64::INFINITY;
            let mut next = 0;
            for column in 1..=width {
                if used[column] {
                    continue;
                }
                let reduced = cost[current - 1][column - 1]
                    - row_potential[current]
                    - column_potential[column];
                if reduced < least[column] {
                    least[column] = reduced;
                    way[column] = at;
                }
                if least[column] < delta {
                    delta = least[column];
                    next = column;
                }
            }
            for column in 0..=width {
                if used[column] {
                    row_potential[row_of[column]] += delta;
                    column_potential[column] -= delta;
                } else {
                    least[column] -= delta;
                }
            }
            at = next;
            if row_of[at] == 0 {
                break;
            }
        }
        while at != 0 {
            row_of[at] = row_of[way[at]];
            at = way[at];
        }
    }
    let mut out = vec![0; rows];
    for (column, &row) in row_of.iter().enumerate().skip(1) {
        if row > 0 {
            out[row - 1] = column - 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pair(input: usize, column: usize, score: f64) -> Pair {
        Pair {
            input,
            column,
            score,
            why: "",
        }
    }

    /// The largest sum of scores, by trying all.
    fn largest(inputs: &[usize], pairs: &[Pair], taken: &mut Vec<usize>) -> f64 {
        let Some((&input, rest)) = inputs.split_first() else {
            return 0.0;
        };
        let mut best = largest(rest, pairs, taken);
        for pair in pairs.iter().filter(|pair| pair.input == input) {
            if !taken.contains(&pair.column) {
                taken.push(pair.column);
                best = best.max(pair.score + largest(rest, pairs, taken));
                taken.pop();
            }
        }
        best
    }

    #[test]
    fn the_greedy_choice_is_not_the_best() {
        let pairs = [pair(0, 0, 0.9), pair(0, 1, 0.8), pair(1, 0, 0.85)];
        let chosen: Vec<_> = best(2, &pairs)
            .into_iter()
            .map(|p| p.map(|p| p.column))
            .collect();
        assert_eq!(chosen, [Some(1), Some(0)]);
    }

    proptest! {
        #[test]
        fn no_assignment_is_better(scores in prop::collection::vec((0_usize..5, 0_usize..6, 1_u32..100), 0..20)) {
            let mut pairs: Vec<Pair> = Vec::new();
            for (input, column, score) in scores {
                if !pairs.iter().any(|p| (p.input, p.column) == (input, column)) {
                    pairs.push(pair(input, column, f64::from(score) / 100.0));
                }
            }
            let chosen: Vec<Pair> = best(5, &pairs).into_iter().flatten().collect();
            let mut columns: Vec<usize> = chosen.iter().map(|p| p.column).collect();
            columns.sort_unstable();
            columns.dedup();
            prop_assert_eq!(columns.len(), chosen.len());
            let sum: f64 = chosen.iter().map(|p| p.score).sum();
            let most = largest(&[0, 1, 2, 3, 4], &pairs, &mut Vec::new());
            prop_assert!((sum - most).abs() < 1e-6, "{} {}", sum, most);
        }
    }
}
