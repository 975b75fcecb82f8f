//! The schema of a single ONNX file, as far as its graph tells it, in the conventions of the converters
//! skl2onnx and onnxmltools: a tensor of one value a row is a column, a wider one is a matrix of columns
//! `f1`, `f2` …; a classifier gives its label and a matrix of probabilities, one column a class; a regressor
//! gives one number.

use crate::error::Error;
use crate::scoring::{Element, Port, Signature};
use portico_api::draft::TensorInfo;
use portico_api::schema::{ColumnType, InputColumn, OutputColumn, OutputKind};
use std::collections::BTreeSet;

/// The most columns of either side that are read off a graph, all tensors together.
const COLUMNS_MAX: u64 = 2_000;
/// What classic called the column that holds the prediction.
const LABELS: &str = "Scored Labels";

/// A tensor as the API shows it.
pub fn tensor_info(port: &Port) -> TensorInfo {
    TensorInfo {
        name: port.name.clone(),
        element: port.element.words().to_owned(),
        width: port.width(),
    }
}

/// The input columns of a model.
///
/// # Errors
/// [`Error::Package`] naming the tensor that can't be filled from columns, or where these are too many.
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
            _ => port.width().unwrap_or(1),
        };
        if width > COLUMNS_MAX {
            return Err(Error::Package(format!(
                "The model takes {width} values a row as “{}”; a web service takes at most {COLUMNS_MAX} columns.",
                port.name
            )));
        }
        if columns.len() as u64 + width > COLUMNS_MAX {
            return Err(Error::Package(format!(
                "The model takes more than {COLUMNS_MAX} values a row in all; a web service takes at most {COLUMNS_MAX} columns."
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
            width: port.width().unwrap_or(open),
        }
    }

    fn is_float(&self) -> bool {
        matches!(self.element, Element::F32 | Element::F64)
    }

    fn is_label(&self) -> bool {
        let label = matches!(
            self.element,
            Element::I64 | Element::I32 | Element::Bool | Element::Text
        );
        label && self.width == 1
    }
}

/// The output columns of a model that tells apart these classes (none where it lists none), the first
/// [`COLUMNS_MAX`] of them; a publisher who wants others names them.
pub fn outputs(made: &[Made], classes: &[String]) -> Vec<OutputColumn> {
    let column = |tensor: &Made, column: String, kind, class: Option<String>| OutputColumn {
        tensor: tensor.name.clone(),
        column,
        kind,
        class,
    };
    let label = made.iter().position(|tensor| tensor.is_label());
    let mut columns = Vec::new();
    let mut labelled = false;
    for (index, tensor) in made.iter().enumerate() {
        if matches!(tensor.element, Element::Other(_)) {
            continue;
        }
        let left = COLUMNS_MAX.saturating_sub(columns.len() as u64);
        if left == 0 {
            break;
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
        for place in 0..tensor.width.min(left) {
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

    #[test]
    fn columns_are_counted_over_all_tensors() {
        let wide = |name: &str| port(name, Element::F32, &[None, Some(1_001)]);
        let refused = |inputs_of: Vec<Port>| {
            let signature = Signature {
                inputs: inputs_of,
                ..Signature::default()
            };
            inputs(&signature).unwrap_err().to_string()
        };
        let words = refused(vec![wide("a"), wide("b")]);
        assert!(
            words.contains("more than 2000 values a row in all"),
            "{words}"
        );
        // More than any number holds is as much as there can be.
        let vast = port("vast", Element::F32, &[None, Some(u64::MAX), Some(3)]);
        let words = refused(vec![vast]);
        assert!(words.contains(&format!("{} values", u64::MAX)), "{words}");
        let made = [
            made("a", Element::F32, 1_001),
            made("b", Element::F32, u64::MAX),
            made("c", Element::F32, 1),
        ];
        assert_eq!(outputs(&made, &[]).len(), 2_000);
    }

    #[test]
    fn what_the_engine_can_not_give_is_no_label() {
        let made = [
            made("half", Element::Other("16-bit float".to_owned()), 1),
            made("label", Element::Text, 1),
        ];
        assert_eq!(named(&made, &[]), ["label/Label/Scored Labels"]);
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
