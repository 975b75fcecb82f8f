"""A fitted model as an ONNX graph."""

import copy
import math
from dataclasses import dataclass

# The newest operator sets that are used; the converters write the oldest that will do.
OPSET = {"": 17, "ai.onnx.ml": 3}
IR_VERSION = 8
# The tensor of a model that takes all its columns as one matrix.
MATRIX = "X"


@dataclass
class Graph:
    """A converted model."""

    bytes: bytes
    # The tensor that each input column is part of.
    tensors: list
    # The names of its output tensors.
    outputs: list
    # Whether it predicts one of several classes.
    is_label: bool
    # The classes, where it gives a probability for each.
    classes: list | None


def convert(model, table):
    """Converts a fitted model that takes these columns."""
    from skl2onnx import convert_sklearn

    _register(model)
    final = _final(model)
    is_label = _is_label(final)
    model = _mended(model)
    by_column = _takes_columns(model) or "string" in table.kinds
    types = _types(model, table, by_column)
    options = {}
    if _is_classifier(final):
        options = {id(model): {"zipmap": False}}
    graph = convert_sklearn(model, initial_types=types, target_opset=OPSET, options=options)
    graph.ir_version = min(graph.ir_version, IR_VERSION)
    classes = None
    if _is_classifier(final) and _has_probabilities(model):
        classes = list(final.classes_)
        if classes and hasattr(classes[0], "__len__") and not isinstance(classes[0], str):
            raise ValueError("a model with several labels at once can't be published")
    return Graph(
        bytes=graph.SerializeToString(),
        tensors=list(table.names) if by_column else [MATRIX] * len(table.names),
        outputs=[output.name for output in graph.graph.output],
        is_label=is_label,
        classes=classes,
    )


def _final(model):
    """The estimator at the end of a pipeline."""
    while hasattr(model, "steps"):
        model = model.steps[-1][1]
    return model


def _is_classifier(final):
    return hasattr(final, "classes_") and hasattr(final, "predict")


def _is_label(final):
    kind = getattr(final, "_estimator_type", None)
    if kind is None and hasattr(final, "__sklearn_tags__"):
        kind = final.__sklearn_tags__().estimator_type
    if kind not in ("classifier", "regressor", "clusterer", "outlier_detector"):
        raise ValueError(f"{type(final).__name__} predicts nothing that a web service could answer")
    return kind != "regressor"


def _has_probabilities(model):
    try:
        return callable(model.predict_proba)
    except AttributeError:
        return False


def _parts(model):
    """All estimators in a model, itself first."""
    yield model
    if hasattr(model, "steps"):
        inner = [step for _, step in model.steps]
    elif hasattr(model, "transformers_"):
        inner = [part for _, part, _ in model.transformers_]
    elif hasattr(model, "transformer_list"):
        inner = [part for _, part in model.transformer_list]
    else:
        return
    for part in inner:
        if part is not None and not isinstance(part, str):
            yield from _parts(part)


def _takes_columns(model):
    """Whether the model looks at its columns by name or place."""
    return any(hasattr(part, "transformers_") for part in _parts(model))


def _library(estimator):
    return type(estimator).__module__.split(".")[0]


def _impute(scope, operator, container):
    """Fills missing numbers of 64 bits, for which ONNX Runtime has no operator of its own, by two that it has."""
    from skl2onnx.common.data_types import DoubleTensorType
    from skl2onnx.operator_converters.common import concatenate_variables
    from skl2onnx.operator_converters.imputer_op import convert_sklearn_imputer
    from skl2onnx.proto import onnx_proto

    imputer = operator.raw_operator
    plain = _is_missing(imputer.missing_values) and not getattr(imputer, "add_indicator", False)
    if not plain or not isinstance(operator.inputs[0].type, DoubleTensorType):
        return convert_sklearn_imputer(scope, operator, container)
    values = concatenate_variables(scope, operator.inputs, container)
    fill, missing = scope.get_unique_variable_name("fill"), scope.get_unique_variable_name("missing")
    statistics = [float(value) for value in imputer.statistics_]
    container.add_initializer(fill, onnx_proto.TensorProto.DOUBLE, [1, len(statistics)], statistics)
    container.add_node("IsNaN", [values], [missing], op_version=13, name=scope.get_unique_operator_name("IsNaN"))
    container.add_node(
        "Where", [missing, fill, values], [operator.outputs[0].full_name], op_version=9,
        name=scope.get_unique_operator_name("Where"),
    )


def _register(model):
    """Tells skl2onnx how LightGBM's and XGBoost's models are converted, and how numbers of 64 bits are imputed."""
    from skl2onnx import update_registered_converter
    from skl2onnx.common._registration import get_shape_calculator
    from sklearn.impute import SimpleImputer

    update_registered_converter(
        SimpleImputer, "PorticoSimpleImputer", get_shape_calculator("SklearnSimpleImputer"), _impute
    )
    libraries = {_library(part) for part in _parts(model)}
    if not libraries & {"lightgbm", "xgboost"}:
        return
    from skl2onnx.common.shape_calculator import (
        calculate_linear_classifier_output_shapes,
        calculate_linear_regressor_output_shapes,
    )

    classifier = {"nocl": [True, False], "zipmap": [True, False, "columns"]}
    if "lightgbm" in libraries:
        from lightgbm import LGBMClassifier, LGBMRegressor
        from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm

        update_registered_converter(
            LGBMClassifier, "LightGbmLGBMClassifier", calculate_linear_classifier_output_shapes, convert_lightgbm,
            options=classifier,
        )
        update_registered_converter(
            LGBMRegressor, "LightGbmLGBMRegressor", calculate_linear_regressor_output_shapes, convert_lightgbm,
            options={"split": None},
        )
    if "xgboost" in libraries:
        from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost
        from xgboost import XGBClassifier, XGBRegressor

        update_registered_converter(
            XGBClassifier, "XGBoostXGBClassifier", calculate_linear_classifier_output_shapes, convert_xgboost,
            options=classifier,
        )
        update_registered_converter(
            XGBRegressor, "XGBoostXGBRegressor", calculate_linear_regressor_output_shapes, convert_xgboost,
        )


def _is_missing(value):
    return value is None or (isinstance(value, float) and math.isnan(value))


def _mended(model):
    """A copy of the model with three things as ONNX needs them: names of features that XGBoost's converter can read,
    the empty text for a missing one in place of `None` and `NaN`, and a rounding to 32 bits in front of a pipeline's
    final estimator, which takes no more there. scikit-learn's trees and XGBoost round at the same place."""
    model = copy.deepcopy(model)
    inner = model
    while hasattr(inner, "steps") and hasattr(inner.steps[-1][1], "steps"):
        inner = inner.steps[-1][1]
    if hasattr(inner, "steps"):
        from skl2onnx.sklapi import CastTransformer

        inner.steps.insert(len(inner.steps) - 1, ("in 32 bits", CastTransformer()))
    for part in _parts(model):
        if _library(part) == "xgboost":
            booster = part.get_booster()
            booster.feature_names = None
            booster.feature_types = None
        statistics = getattr(part, "statistics_", None)
        if getattr(statistics, "dtype", None) == object and _is_missing(getattr(part, "missing_values", "")):
            part.missing_values = ""
        categories = getattr(part, "categories_", None)
        if categories is not None:
            for values in categories:
                if values.dtype != object or not any(isinstance(value, str) for value in values):
                    continue
                for index, value in enumerate(values):
                    if _is_missing(value):
                        values[index] = ""
    return model


def _types(model, table, by_column):
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, Int64TensorType, StringTensorType

    # What stands in front of the final estimator is computed as in Python, in 64 bits.
    number = DoubleTensorType if hasattr(model, "steps") else FloatTensorType
    if not by_column:
        return [(MATRIX, number([None, len(table.names)]))]
    encoded = _encoded(model, table)
    types = []
    for name, kind in zip(table.names, table.kinds):
        if kind == "string":
            tensor = StringTensorType([None, 1])
        elif kind == "integer" and name in encoded:
            tensor = Int64TensorType([None, 1])
        else:
            tensor = number([None, 1])
        types.append((name, tensor))
    return types


def _encoded(model, table):
    """Columns that go to encoders of categories and to nothing else: whole numbers stay such there."""
    encoded, others = set(), set()
    for part in _parts(model):
        for _, inner, columns in getattr(part, "transformers_", ()):
            if isinstance(inner, str):
                if inner != "drop":
                    others.update(_names(table, columns))
                continue
            first = inner.steps[0][1] if hasattr(inner, "steps") else inner
            chosen = _names(table, columns)
            (encoded if hasattr(first, "categories_") else others).update(chosen)
    return encoded - others


def _names(table, columns):
    """The columns that a transformer takes, by name."""
    if isinstance(columns, (str, int)):
        columns = [columns]
    if isinstance(columns, slice):
        return table.names[columns] if not isinstance(columns.start, str) else []
    import numpy as np

    columns = list(columns)
    if columns and all(isinstance(column, (bool, np.bool_)) for column in columns):
        return [name for name, chosen in zip(table.names, columns) if chosen]
    return [column if isinstance(column, str) else table.names[int(column)] for column in columns]
