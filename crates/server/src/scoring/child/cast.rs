//! Between our tensors and those of the runtime: element types, shapes, rows.

use std::{
    ffi::c_char,
    ops::Range,
    ptr::{self, NonNull},
};

use ort::{
    AsPointer,
    memory::Allocator,
    session::SessionInputValue,
    value::{DynValue, Tensor as OrtTensor, TensorElementType, TensorRef, ValueRefMut, ValueType},
};

use super::{
    super::{Element, Port, Tensor, Text, Values, message::Failure},
    sessions::element,
};

/// Some rows of a tensor as the graph wants them, without a copy where the type is the same.
pub(super) fn to_runtime<'a>(
    tensor: &'a Tensor,
    first: usize,
    rows: usize,
    port: &Port,
) -> Result<SessionInputValue<'a>, Failure> {
    let range = first * tensor.width..(first + rows) * tensor.width;
    let shape = shape(tensor, rows, port)?;
    let whole = "takes whole numbers, and this one is not (or is missing)";
    let truth = "takes 0 and 1 alone";
    let other = || Failure::input(&tensor.name, wanted(port));
    // A vector is made only where the type differs; each arm is one pair of types.
    macro_rules! pass {
        ($values:expr) => {
            TensorRef::from_array_view((shape, &$values[range])).map(SessionInputValue::from)
        };
    }
    macro_rules! cast {
        ($values:expr, $cast:expr) => {{
            let cast: Vec<_> = $values[range].iter().copied().map($cast).collect();
            OrtTensor::from_array((shape, cast)).map(SessionInputValue::from)
        }};
        ($values:expr, $cast:expr, $why:expr) => {{
            let cast: Option<Vec<_>> = $values[range].iter().copied().map($cast).collect();
            let cast = cast.ok_or_else(|| Failure::input(&tensor.name, $why))?;
            OrtTensor::from_array((shape, cast)).map(SessionInputValue::from)
        }};
    }
    let value = match (&port.element, &tensor.values) {
        (Element::F32, Values::F32(values)) => pass!(values),
        (Element::F32, Values::F64(values)) => cast!(values, |value| value as f32),
        (Element::F32, Values::I64(values)) => cast!(values, |value| value as f32),
        (Element::F32, Values::Bool(values)) => cast!(values, |value| f32::from(u8::from(value))),
        (Element::F64, Values::F64(values)) => pass!(values),
        (Element::F64, Values::F32(values)) => cast!(values, f64::from),
        (Element::F64, Values::I64(values)) => cast!(values, |value| value as f64),
        (Element::F64, Values::Bool(values)) => cast!(values, |value| f64::from(u8::from(value))),
        (Element::I64, Values::I64(values)) => pass!(values),
        (Element::I64, Values::F32(values)) => cast!(values, |v| whole_number(v.into()), whole),
        (Element::I64, Values::F64(values)) => cast!(values, whole_number, whole),
        (Element::I64, Values::Bool(values)) => cast!(values, i64::from),
        (Element::I32, Values::I64(values)) => cast!(values, |v| i32::try_from(v).ok(), whole),
        (Element::I32, Values::F32(values)) => cast!(values, |v| small_number(v.into()), whole),
        (Element::I32, Values::F64(values)) => cast!(values, small_number, whole),
        (Element::I32, Values::Bool(values)) => cast!(values, i32::from),
        (Element::Bool, Values::Bool(values)) => pass!(values),
        (Element::Bool, Values::I64(values)) => cast!(values, |v| truth_value(v as f64), truth),
        (Element::Bool, Values::F32(values)) => cast!(values, |v| truth_value(v.into()), truth),
        (Element::Bool, Values::F64(values)) => cast!(values, truth_value, truth),
        (Element::Text, Values::Text(text)) => {
            texts(&shape, text, range).map(SessionInputValue::from)
        }
        (Element::Text | Element::Other(_), _) | (_, Values::Text(_)) => return Err(other()),
    };
    value.map_err(|error| Failure {
        detail: error.to_string(),
        ..other()
    })
}

/// A tensor of texts. The runtime has a string of its own for each and takes bytes straight into it;
/// `ort` would make a copy of each text before, with a zero at its end.
fn texts(shape: &[usize], text: &Text, range: Range<usize>) -> ort::Result<DynValue> {
    let mut allocator = Allocator::default();
    let shape: Vec<i64> = shape.iter().map(|size| *size as i64).collect();
    let mut made = ptr::null_mut();
    #[expect(
        unsafe_code,
        reason = "the runtime's C function; `ort` has none for texts without zeros at their ends"
    )]
    // SAFETY: The allocator and the shape live through the call, which writes a value or returns an
    // error; the value is one that this allocator made, and the tensor is its only owner.
    let mut tensor: DynValue = unsafe {
        ort::Error::result_from_status((ort::api().CreateTensorAsOrtValue)(
            allocator.ptr_mut(),
            shape.as_ptr(),
            shape.len(),
            TensorElementType::String.into(),
            &raw mut made,
        ))?;
        let made = NonNull::new(made).ok_or_else(|| ort::Error::new("no tensor was made"))?;
        DynValue::from_ptr(made, Some(&allocator))
    };
    let mut cells = tensor.view_mut();
    for (index, cell) in text.cells(range).enumerate() {
        put_text(&mut cells, index, cell)?;
    }
    drop(cells);
    Ok(tensor)
}

/// Writes a cell of a tensor; an error where it is none of texts or has no such cell.
pub(super) fn put_text(tensor: &mut ValueRefMut<'_>, index: usize, cell: &str) -> ort::Result<()> {
    let mut place: *mut c_char = ptr::null_mut();
    #[expect(
        unsafe_code,
        reason = "the runtime's C function; `ort` has none for a cell of a tensor of texts"
    )]
    // SAFETY: The tensor lives. The function checks its type and the index and hands out as many bytes as
    // asked for, which nobody else has while it is borrowed mutably.
    unsafe {
        ort::Error::result_from_status((ort::api().GetResizedStringTensorElementBuffer)(
            tensor.ptr().cast_mut(),
            index,
            cell.len(),
            &raw mut place,
        ))?;
        ptr::copy_nonoverlapping(cell.as_ptr(), place.cast::<u8>(), cell.len());
    }
    Ok(())
}

/// The shape in which the graph wants these rows: `[rows]` or `[rows, width]`.
fn shape(tensor: &Tensor, rows: usize, port: &Port) -> Result<Vec<usize>, Failure> {
    let refused = |reason: String| Err(Failure::input(&tensor.name, reason));
    if tensor.width == 0 {
        return refused("has no values".to_owned());
    }
    match port.shape[..] {
        [_] if tensor.width == 1 => Ok(vec![rows]),
        [_] => refused(format!(
            "has {} values a row, the model takes 1",
            tensor.width
        )),
        [_, Some(width)] if width != tensor.width as u64 => refused(format!(
            "has {} values a row, the model takes {width}",
            tensor.width
        )),
        [] | [_, _] => Ok(vec![rows, tensor.width]),
        _ => refused(format!(
            "has {} dimensions in the model; Portico scores models whose tensors have one or two",
            port.shape.len()
        )),
    }
}

fn wanted(port: &Port) -> String {
    let element = match &port.element {
        Element::F32 | Element::F64 => "numbers",
        Element::I64 | Element::I32 => "whole numbers",
        Element::Bool => "truth values",
        Element::Text => "text",
        Element::Other(words) => {
            return format!("is of the type {words}, which Portico can't give");
        }
    };
    format!("takes {element}")
}

fn whole_number(value: f64) -> Option<i64> {
    // The smallest whole number is -2^63 exactly, and 2^63 is the first float past the largest.
    let smallest = i64::MIN as f64;
    let fits = value.fract() == 0.0 && (smallest..-smallest).contains(&value);
    fits.then_some(value as i64)
}

fn small_number(value: f64) -> Option<i32> {
    whole_number(value).and_then(|value| value.try_into().ok())
}

fn truth_value(value: f64) -> Option<bool> {
    match value {
        0.0 => Some(false),
        1.0 => Some(true),
        _ => None,
    }
}

/// Whether a value of the runtime can go into the graph as it is.
pub(super) fn fits(value: &DynValue, port: &Port) -> bool {
    match value.dtype() {
        ValueType::Tensor { ty, shape, .. } => {
            element(*ty) == port.element
                && (port.shape.is_empty() || shape.len() == port.shape.len())
        }
        _ => false,
    }
}

/// A tensor of the runtime as ours. It must have `[rows]` or `[rows, width]` values.
pub(super) fn from_runtime(name: &str, value: &DynValue, rows: usize) -> Result<Tensor, Failure> {
    let refused = |reason: String| Err(Failure::model(reason, &value.dtype()));
    let ValueType::Tensor { ty, shape, .. } = value.dtype() else {
        return refused(format!(
            "The output {name} is a list of maps, not a tensor; convert the model with zipmap=False."
        ));
    };
    let width = match shape[..] {
        [given] if usize::try_from(given) == Ok(rows) => 1,
        [given, width] if usize::try_from(given) == Ok(rows) => usize::try_from(width).unwrap_or(0),
        _ => {
            return refused(format!(
                "The output {name} has the shape {shape:?} for {rows} rows."
            ));
        }
    };
    let failed =
        |error: ort::Error| Failure::model(format!("The output {name} can't be read."), &error);
    macro_rules! slice {
        ($element:ty) => {
            value.try_extract_tensor::<$element>().map_err(failed)?.1
        };
    }
    let values = match element(*ty) {
        Element::F32 => Values::F32(slice!(f32).to_vec()),
        Element::F64 => Values::F64(slice!(f64).to_vec()),
        Element::I64 => Values::I64(slice!(i64).to_vec()),
        Element::I32 => Values::I64(slice!(i32).iter().copied().map(i64::from).collect()),
        Element::Bool => Values::Bool(slice!(bool).to_vec()),
        Element::Text => {
            let (_, cells) = value.try_extract_strings().map_err(failed)?;
            Values::Text(cells.iter().collect::<Text>())
        }
        Element::Other(words) => {
            return refused(format!(
                "The output {name} is of the type {words}, which Portico can't read."
            ));
        }
    };
    Ok(Tensor {
        name: name.to_owned(),
        rows,
        width,
        values,
    })
}

/// Appends rows to a tensor. Chunks of one model must agree in width and type.
pub(super) fn append(to: &mut Tensor, more: Tensor) -> Result<(), Failure> {
    to.append(more).ok_or_else(|| {
        let name = &to.name;
        Failure::model(
            format!("The output {name} changes its shape from row to row."),
            &"",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{small_number, truth_value, whole_number};

    #[test]
    fn only_whole_numbers_in_range_are_whole() {
        assert_eq!(whole_number(-3.0), Some(-3));
        assert_eq!(whole_number(0.5), None);
        assert_eq!(whole_number(f64::NAN), None);
        assert_eq!(whole_number(f64::INFINITY), None);
        assert_eq!(whole_number(9.3e18), None);
        assert_eq!(whole_number(i64::MIN as f64), Some(i64::MIN));
        assert_eq!(small_number(3e9), None);
        assert_eq!(truth_value(2.0), None);
    }
}
