"""Publishes fitted models as web services on a Portico server.

`publish` does everything; `package` only writes the file that can be uploaded. Converting needs the libraries that the
model was made with (see the extras of this package); uploading needs nothing but Python.
"""

from ._http import PorticoError, Refused, Result, upload
from ._package import package, write

__all__ = ["PorticoError", "Refused", "Result", "package", "publish", "upload"]


def publish(
    model,
    X,
    *,
    name,
    url,
    workspace,
    token,
    y=None,
    description="",
    notes="",
    columns=None,
    nullable=None,
    descriptions=None,
    resource=None,
    accept_breaking=False,
    insecure=False,
    progress=None,
):
    """Publishes a fitted model as the next version of the service `name`, or as a new service.

    model -- a fitted scikit-learn estimator or pipeline, or a LightGBM or XGBoost model with scikit-learn's interface.
    X -- rows that it can score: a pandas DataFrame, or an array of numbers. They become the samples of the version,
        and what `model` predicts for them its expected outputs.
    y -- expected labels or values in place of those that the model predicts; probabilities are the model's own.
    url, workspace, token -- where the server is, the workspace's id, and one of its tokens.
    columns -- names of the columns where X is an array.
    nullable -- names of columns that may be missing, besides those that are missing somewhere in X.
    descriptions -- what columns mean, by name.
    resource -- what the model is called where endpoints may replace it by their own: `NAME [trained model]` if not given.
    accept_breaking -- publish it even though it breaks callers of the version before.
    insecure -- send the token without https to another machine.
    progress -- called with each step in words.

    Returns a `Result`. Raises `Refused` with the server's reasons; nothing is published then.
    """
    import tempfile

    with tempfile.TemporaryFile() as file:
        write(
            model,
            X,
            file,
            name=name,
            y=y,
            description=description,
            notes=notes,
            columns=columns,
            nullable=nullable,
            descriptions=descriptions,
            resource=resource,
        )
        file.seek(0)
        return upload(
            file,
            f"{name}.zip",
            url=url,
            workspace=workspace,
            token=token,
            accept_breaking=accept_breaking,
            insecure=insecure,
            progress=progress,
        )
