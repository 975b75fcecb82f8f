//! The schema of a single ONNX file, as far as its graph tells it, in the conventions of the converters
//! skl2onnx and onnxmltools: a tensor of one value a row is a column, a wider one is a matrix of columns
//! `f1`, `f2` …; a classifier gives its label and a matrix of probabilities, one column a class; a regressor
//! gives one number.

use crate::error::Error;
use crate::scoring::{Element, Port, Signature};
use portico_api::draft::TensorInfo;
use portico_api::schema::{ColumnType, InputColumn, OutputColumn, OutputKind};
use std::collections::BTreeSet;

/// The most columns that a matrix is taken apart into.
const COLUMNS_MAX: u64 = 2_000;
/// What classic called the column that holds the prediction.
const LABELS: &str = "Scored Labels";

/// The element type in the words of the API.
pub fn element_words(element: &Element) -> &str {
    match element {
        Element::F32 => "32-bit float",
        Element::F64 => "64-bit float",
        Element::I64 => "64-bit whole number",
        Element::I32 => "32-bit whole number",
        Element::Bool => "truth value",
        Element::Text => "text",
        Element::Other(words) => words,
    }
}

/// Values in a row; `None` where the graph leaves that open.
pub fn width_of(port: &Port) -> Option<u64> {
    match port.shape.split_first() {
        None => None,
        Some((_, rest)) => rest.iter().copied().product(),
    }
}

/// A tensor as the API shows it.
pub fn tensor_info(port: &Port) -> TensorInfo {
    TensorInfo {
        name: port.name.clone(),
        element: element_words(&port.element).to_owned(),
        width: width_of(port),
    }
}

/// The input columns of a model.
///
/// # Errors
/// [`Error::Package`] naming the tensor that can't be filled from columns.
pub fn inputs(signature: &Signature) -> Result<Vec<InputColumn>, Error> {
    let several = signature.inputs.len() > 1;
    let mut columns = Vec::new();
    for port in &signature.inputs {
        let column_type = match &port.element {
            Element::F32 | Element::F64 => ColumnType::Double,
            Element::I64 | Element::I32 => ColumnType::Integer,
            Element::Bool => ColumnType::Boolean,
            Element::Text => ColumnType::String,
            Element::Other(words) => {
                return Err(Error::Package(format!(
                    "The model takes {words} as “{}”, which is no column of text or numbers.",
                    port.name
                )));
            }
        };
        let column = |name: String, tensor: Option<String>| InputColumn {
            name,
            column_type,
            nullable: false,
            min: None,
            max: None,
            categories: Vec::new(),
            description: String::new(),
            tensor,
        };
        // A tensor of which nothing is declared, or whose rows have no columns, is one column.
        let width = match &port.shape[..] {
            [] | [_] => 1,
            _ => width_of(port).unwrap_or(1),
        };
        if width > COLUMNS_MAX {
            return Err(Error::Package(format!(
                "The model takes {width} values a row as “{}”; a web service takes at most {COLUMNS_MAX} columns.",
                port.name
            )));
        }
        if width == 1 {
            columns.push(column(port.name.clone(), None));
            continue;
        }
        for index in 1..=width {
            let name = if several {
                format!("{}_{index}", port.name)
            } else {
                format!("f{index}")
            };
            columns.push(column(name, Some(port.name.clone())));
        }
    }
    let mut seen = BTreeSet::new();
    for column in &mut columns {
        while !seen.insert(column.name.clone()) {
            column.tensor.get_or_insert_with(|| column.name.clone());
            column.name.push('_');
        }
    }
    Ok(columns)
}

/// A tensor that the model made of sample rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// Its element type.
    pub element: Element,
    /// Values in a row.
    pub width: u64,
}

impl Made {
    /// What the graph declares, where no row could be scored.
    pub fn declared(port: &Port, classes: &[String]) -> Self {
        let wide = port.name.to_ascii_lowercase().contains("prob");
        let open = if wide { classes.len().max(1) as u64 } else { 1 };
        Self {
            name: port.name.clone(),
            element: port.element.clone(),
            width: width_of(port).unwrap_or(open),
        }
    }

    fn is_float(&self) -> bool {
        matches!(self.element, Element::F32 | Element::F64)
    }
}

/// The output columns of a model that tells apart these classes (none where it lists none).
pub fn outputs(made: &[Made], classes: &[String]) -> Vec<OutputColumn> {
    let column = |tensor: &Made, column: String, kind, class: Option<String>| OutputColumn {
        tensor: tensor.name.clone(),
        column,
        kind,
        class,
    };
    let label = made
        .iter()
        .position(|tensor| !tensor.is_float() && tensor.width == 1);
    let mut columns = Vec::new();
    let mut labelled = false;
    for (index, tensor) in made.iter().enumerate() {
        if matches!(tensor.element, Element::Other(_)) {
            continue;
        }
        if Some(index) == label {
            columns.push(column(tensor, LABELS.to_owned(), OutputKind::Label, None));
            labelled = true;
            continue;
        }
        let of_classes = tensor.is_float()
            && label.is_some()
            && (classes.len() as u64 == tensor.width
                || tensor.name.to_ascii_lowercase().contains("prob"));
        for place in 0..tensor.width.min(COLUMNS_MAX) {
            let class = usize::try_from(place)
                .ok()
                .and_then(|place| classes.get(place))
                .filter(|_| classes.len() as u64 == tensor.width);
            columns.push(match class {
                Some(class) if of_classes => column(
                    tensor,
                    format!("Scored Probabilities for Class \"{class}\""),
                    OutputKind::Probability,
                    Some(class.clone()),
                ),
                _ if of_classes => column(
                    tensor,
                    format!("Scored Probabilities {}", place + 1),
                    OutputKind::Probability,
                    None,
                ),
                _ if label.is_none() && !labelled && tensor.width == 1 => {
                    labelled = true;
                    column(tensor, LABELS.to_owned(), OutputKind::Value, None)
                }
                _ if label.is_none() && made.len() == 1 => column(
                    tensor,
                    format!("{LABELS} {}", place + 1),
                    OutputKind::Value,
                    None,
                ),
                _ if tensor.width == 1 => {
                    column(tensor, tensor.name.clone(), OutputKind::Value, None)
                }
                _ => column(
                    tensor,
                    format!("{} {}", tensor.name, place + 1),
                    OutputKind::Value,
                    None,
                ),
            });
        }
    }
    let mut seen = BTreeSet::new();
    for column in &mut columns {
        while !seen.insert(column.column.clone()) {
            column.column.push('_');
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(name: &str, element: Element, shape: &[Option<u64>]) -> Port {
        Port {
            name: name.to_owned(),
            element,
            shape: shape.to_vec(),
        }
    }

    fn columns(inputs_of: Vec<Port>) -> Vec<String> {
        let signature = Signature {
            inputs: inputs_of,
            ..Signature::default()
        };
        let one = |column: InputColumn| {
            let tensor = column
                .tensor
                .map_or_else(String::new, |name| format!(" of {name}"));
            format!("{} {:?}{tensor}", column.name, column.column_type)
        };
        inputs(&signature).unwrap().into_iter().map(one).collect()
    }

    #[test]
    fn narrow_tensors_are_columns_and_wide_ones_matrices() {
        let narrow = [None, Some(1)];
        assert_eq!(
            columns(vec![
                port("town", Element::Text, &narrow),
                port("age", Element::F32, &narrow),
                port("rooms", Element::I64, &[None]),
                port("new", Element::Bool, &narrow),
            ]),
            ["town String", "age Double", "rooms Integer", "new Boolean"]
        );
        assert_eq!(
            columns(vec![port("X", Element::F32, &[None, Some(3)])]),
            ["f1 Double of X", "f2 Double of X", "f3 Double of X"]
        );
        assert_eq!(
            columns(vec![
                port("a", Element::F32, &[None, Some(2)]),
                port("a_1", Element::Text, &narrow),
            ]),
            ["a_1 Double of a", "a_2 Double of a", "a_1_ String of a_1"]
        );
        let image = port(
            "pixels",
            Element::F32,
            &[None, Some(3), Some(224), Some(224)],
        );
        let signature = Signature {
            inputs: vec![image],
            ..Signature::default()
        };
        let words = inputs(&signature).unwrap_err().to_string();
        assert!(words.contains("150528 values a row as “pixels”"), "{words}");
    }

    fn made(name: &str, element: Element, width: u64) -> Made {
        Made {
            name: name.to_owned(),
            element,
            width,
        }
    }

    fn named(made: &[Made], classes: &[&str]) -> Vec<String> {
        let classes: Vec<String> = classes.iter().map(|class| (*class).to_owned()).collect();
        let one =
            |column: OutputColumn| format!("{}/{:?}/{}", column.tensor, column.kind, column.column);
        outputs(made, &classes).into_iter().map(one).collect()
    }

    #[test]
    fn a_classifier_gives_its_label_and_a_probability_a_class() {
        let both = [
            made("label", Element::Text, 1),
            made("probabilities", Element::F32, 2),
        ];
        assert_eq!(
            named(&both, &["no", "yes"]),
            [
                "label/Label/Scored Labels",
                "probabilities/Probability/Scored Probabilities for Class \"no\"",
                "probabilities/Probability/Scored Probabilities for Class \"yes\"",
            ]
        );
        assert_eq!(
            named(&both, &[])[1],
            "probabilities/Probability/Scored Probabilities 1"
        );
        let scores = [
            made("label", Element::I64, 1),
            made("scores", Element::F32, 1),
        ];
        assert_eq!(
            named(&scores, &[]),
            ["label/Label/Scored Labels", "scores/Value/scores"]
        );
    }

    #[test]
    fn a_regressor_gives_numbers() {
        assert_eq!(
            named(&[made("variable", Element::F32, 1)], &[]),
            ["variable/Value/Scored Labels"]
        );
        assert_eq!(
            named(&[made("variable", Element::F32, 2)], &[]),
            [
                "variable/Value/Scored Labels 1",
                "variable/Value/Scored Labels 2"
            ]
        );
        let two = [made("low", Element::F32, 1), made("high", Element::F32, 1)];
        assert_eq!(
            named(&two, &[]),
            ["low/Value/Scored Labels", "high/Value/high"]
        );
    }
}
