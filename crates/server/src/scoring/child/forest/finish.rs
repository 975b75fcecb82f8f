//! From the sums of a row to what the operator of ONNX gives.

/// What becomes of a row's sums.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Finish {
    /// One sum decides between two classes. Where all weights are positive it is the probability of the second.
    Binary {
        base: Option<f32>,
        all_positive: bool,
        logistic: bool,
    },
    /// A sum for each of more than two classes; the largest decides.
    Classes {
        bases: Vec<f32>,
        transform: Transform,
    },
    /// Numbers, as they are or divided by the number of trees.
    Values {
        bases: Vec<f32>,
        divisor: Option<f32>,
    },
}

/// What turns sums into scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transform {
    None,
    Logistic,
    Softmax,
}

impl Finish {
    /// How many numbers a row gets where so many sums are formed for it.
    pub(super) fn width(&self, targets: usize) -> usize {
        match self {
            Self::Binary { .. } => 2,
            Self::Classes { .. } | Self::Values { .. } => targets,
        }
    }

    /// Writes a row's numbers, and answers which class it is of (0 in a regression).
    pub(super) fn row(&self, sums: &[f32], out: &mut [f32]) -> usize {
        match self {
            Self::Binary {
                base,
                all_positive,
                logistic,
            } => {
                let sum = base.map_or(sums[0], |base| sums[0] + base);
                let positive = sum > if *all_positive { 0.5 } else { 0.0 };
                out.copy_from_slice(&match (all_positive, logistic) {
                    (_, true) => [logistic_of(-sum), logistic_of(sum)],
                    (true, false) => [1.0 - sum, sum],
                    (false, false) => [-sum, sum],
                });
                usize::from(positive)
            }
            Self::Classes { bases, transform } => {
                out.copy_from_slice(sums);
                for (out, base) in out.iter_mut().zip(bases) {
                    *out += base;
                }
                let class = largest(out);
                match transform {
                    Transform::None => {}
                    Transform::Logistic => {
                        for out in out {
                            *out = logistic_of(*out);
                        }
                    }
                    Transform::Softmax => softmax(out),
                }
                class
            }
            Self::Values { bases, divisor } => {
                out.copy_from_slice(sums);
                if let Some(divisor) = divisor {
                    for out in out.iter_mut() {
                        *out /= divisor;
                    }
                }
                for (out, base) in out.iter_mut().zip(bases) {
                    *out += base;
                }
                0
            }
        }
    }
}

/// The first of the largest; a NaN at the beginning stays the largest.
fn largest(scores: &[f32]) -> usize {
    let mut largest = 0;
    for (class, score) in scores.iter().enumerate().skip(1) {
        if *score > scores[largest] {
            largest = class;
        }
    }
    largest
}

fn logistic_of(value: f32) -> f32 {
    let positive = 1.0 / (1.0 + (-value.abs()).exp());
    if value < 0.0 {
        1.0 - positive
    } else {
        positive
    }
}

fn softmax(scores: &mut [f32]) {
    let mut most = f32::MIN;
    for score in scores.iter() {
        if *score > most {
            most = *score;
        }
    }
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - most).exp();
        sum += *score;
    }
    for score in scores {
        *score /= sum;
    }
}
