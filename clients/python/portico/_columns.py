"""The rows given, as columns with a name and a type each, and as the cells of a table."""

from dataclasses import dataclass


@dataclass
class Columns:
    """Rows by column. `values[c][r]` is a Python number, text or truth value; None where it is missing."""

    # As the model takes it.
    X: object
    names: list
    # "string", "double", "integer" or "boolean".
    kinds: list
    values: list

    @classmethod
    def of(cls, model, X, names, rows_max):
        if hasattr(X, "columns") and hasattr(X, "dtypes"):
            return cls._of_frame(model, X.iloc[:rows_max])
        return cls._of_array(model, X, names, rows_max)

    @classmethod
    def _of_frame(cls, model, frame):
        trained = getattr(model, "feature_names_in_", None)
        if trained is not None:
            missing = [name for name in trained if name not in frame.columns]
            if missing:
                raise ValueError(f"X lacks columns that the model was trained on: {', '.join(map(str, missing))}")
            frame = frame[list(trained)]
        if not len(frame) or not len(frame.columns):
            raise ValueError("X needs at least one row and one column")
        names = [str(name) for name in frame.columns]
        if len(set(names)) != len(names):
            raise ValueError("two columns of X have the same name")
        kinds, values = [], []
        for position, name in enumerate(names):
            kind, cells = _column(frame.iloc[:, position], name)
            kinds.append(kind)
            values.append(cells)
        return cls(frame, names, kinds, values)

    @classmethod
    def _of_array(cls, model, X, names, rows_max):
        import numpy as np

        array = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
        if array.ndim != 2 or not array.size:
            raise ValueError("X is a table: give rows of columns, at least one of each")
        array = array[:rows_max]
        if array.dtype.kind not in "fiub":
            raise ValueError("an array holds numbers alone; give a DataFrame for columns of text")
        names = [str(name) for name in names] if names else [f"f{index + 1}" for index in range(array.shape[1])]
        if len(names) != array.shape[1] or len(set(names)) != len(names):
            raise ValueError(f"columns needs {array.shape[1]} names, each once")
        kind = {"f": "double", "b": "boolean"}.get(array.dtype.kind, "integer")
        values = [[_present(value) for value in array[:, index].tolist()] for index in range(array.shape[1])]
        return cls(array, names, [kind] * len(names), values)

    def cells(self):
        """Rows of texts, as a CSV holds them."""
        return [[_text(value) for value in row] for row in zip(*self.values)]


def _present(value):
    return None if isinstance(value, float) and value != value else value


def _column(series, name):
    import pandas as pd

    types = pd.api.types
    dtype = series.dtype
    missing = series.isna().tolist()
    if types.is_datetime64_any_dtype(dtype) or types.is_timedelta64_dtype(dtype):
        raise ValueError(f"column {name} holds times, which no converted model takes; make numbers of them before")
    if types.is_bool_dtype(dtype) and not any(missing):
        return "boolean", [bool(value) for value in series]
    if types.is_integer_dtype(dtype) and not any(missing):
        return "integer", [int(value) for value in series]
    if types.is_numeric_dtype(dtype):
        return "double", [None if gone else float(value) for value, gone in zip(series, missing)]
    return "string", ["" if gone else str(value) for value, gone in zip(series, missing)]


def _text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
