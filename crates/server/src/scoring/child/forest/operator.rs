//! The operators that evaluate forests within the runtime's graphs.

use std::sync::Arc;

use ort::{
    operator::{
        ComputeContext, Kernel, KernelContext, Operator, OperatorDomain, OperatorInput,
        OperatorOutput,
    },
    value::TensorElementType,
};

use super::{super::cast, Forest, Labels};

/// Their domain.
pub(super) const DOMAIN: &str = "portico.forests";
/// The attribute that says which of a session's forests is meant.
pub(super) const FOREST: &str = "forest";

/// The operator for a forest with such labels.
pub(super) fn name(labels: &Labels) -> &'static str {
    match labels {
        Labels::None => "Values",
        Labels::Numbers(_) => "NumberedClasses",
        Labels::Texts(_) => "NamedClasses",
    }
}

/// The operators for these forests.
pub(super) fn domain(forests: &[Arc<Forest>]) -> ort::Result<OperatorDomain> {
    let forests: Arc<[_]> = forests.into();
    let all = [
        Evaluate::new("Values", None, &forests),
        Evaluate::new("NumberedClasses", Some(TensorElementType::Int64), &forests),
        Evaluate::new("NamedClasses", Some(TensorElementType::String), &forests),
    ];
    let mut domain = OperatorDomain::new(DOMAIN)?;
    for operator in all {
        let is_meant = |forest: &Arc<Forest>| name(&forest.labels) == operator.name;
        if forests.iter().any(is_meant) {
            domain = domain.add(operator)?;
        }
    }
    Ok(domain)
}

/// Evaluates a forest, where its labels are of this type.
struct Evaluate {
    name: &'static str,
    labels: Option<TensorElementType>,
    forests: Arc<[Arc<Forest>]>,
}

impl Evaluate {
    fn new(
        name: &'static str,
        labels: Option<TensorElementType>,
        forests: &Arc<[Arc<Forest>]>,
    ) -> Self {
        Self {
            name,
            labels,
            forests: Arc::clone(forests),
        }
    }
}

impl Operator for Evaluate {
    type Kernel<'attr> = Evaluation;

    fn name(&self) -> &str {
        self.name
    }

    fn inputs(&self) -> impl IntoIterator<Item = OperatorInput> {
        [OperatorInput::required(TensorElementType::Float32)]
    }

    fn outputs(&self) -> impl IntoIterator<Item = OperatorOutput> {
        let labels = self.labels.map(OperatorOutput::required);
        let scores = OperatorOutput::required(TensorElementType::Float32);
        labels.into_iter().chain([scores])
    }

    fn create_kernel<'attr>(&self, context: &KernelContext<'attr>) -> ort::Result<Evaluation> {
        let number = context.get::<i64>(FOREST);
        let number = number.and_then(|number| usize::try_from(number).ok());
        let forest = number.and_then(|number| self.forests.get(number));
        match forest.filter(|forest| name(&forest.labels) == self.name) {
            Some(forest) => Ok(Evaluation(Arc::clone(forest))),
            None => Err(ort::Error::new("there is no such forest")),
        }
    }
}

/// One forest in one session.
struct Evaluation(Arc<Forest>);

impl Kernel for Evaluation {
    fn compute(&mut self, context: &ComputeContext) -> ort::Result<()> {
        let forest = &*self.0;
        let input = context.input(0)?;
        let input = input.ok_or_else(|| ort::Error::new("there is no input"))?;
        let (shape, values) = input.try_extract_tensor::<f32>()?;
        let size = |size: i64| usize::try_from(size).unwrap_or(0);
        // One dimension is one row, and the runtime takes its first column alone.
        let (rows, width, columns) = match shape[..] {
            [rows, width] => (size(rows), size(width), size(width)),
            [width] => (1, size(width), size(width).min(1)),
            _ => {
                return Err(ort::Error::new(
                    "the input has neither one nor two dimensions",
                ));
            }
        };
        if columns < forest.features {
            return Err(ort::Error::new(format!(
                "the trees ask for {} columns, and the input has {columns}",
                forest.features
            )));
        }
        let sums = forest.sums(values, width);
        let labelled = usize::from(!matches!(forest.labels, Labels::None));
        let mut classes = Vec::with_capacity(rows);
        let each = forest.finish.width(forest.targets);
        let mut scores = context.output(labelled, [rows, each])?;
        let scores = scores
            .as_mut()
            .ok_or_else(|| ort::Error::new("nobody asks for the scores"))?;
        let (_, scores) = scores.try_extract_tensor_mut::<f32>()?;
        for (sums, scores) in sums.chunks(forest.targets).zip(scores.chunks_mut(each)) {
            classes.push(forest.finish.row(sums, scores));
        }
        if labelled == 0 {
            return Ok(());
        }
        let mut labels = context.output(0, [rows])?;
        let labels = labels
            .as_mut()
            .ok_or_else(|| ort::Error::new("nobody asks for the labels"))?;
        match &forest.labels {
            Labels::None => {}
            Labels::Numbers(numbers) => {
                let (_, labels) = labels.try_extract_tensor_mut::<i64>()?;
                for (label, class) in labels.iter_mut().zip(classes) {
                    *label = numbers[class];
                }
            }
            Labels::Texts(texts) => {
                for (row, class) in classes.into_iter().enumerate() {
                    cast::put_text(labels, row, &texts[class])?;
                }
            }
        }
        Ok(())
    }
}
