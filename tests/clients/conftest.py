"""Fixtures of the client tests: one server with its demo for the whole run.

A test file asks for `server`, or for one endpoint by a fixture of its own:

    def test_x(server):
        endpoint = server.endpoint("Penguin species", "northwind")

A test that needs other arguments, a database of its own or a server that it may stop starts one with
`portico.Server.start("--some-argument")` and calls `stop()`.
"""

import os

import pytest

from portico import Server

FILTERS = os.environ.get("PORTICO_TEST_FILTERS", "").splitlines()


@pytest.fixture(scope="session")
def server():
    """The real server, on a free port, in a folder that is gone afterwards."""
    server = Server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def species(server):
    """An endpoint of the demo with the limit High: four labels and probabilities out."""
    return server.endpoint("Penguin species", "northwind")


@pytest.fixture(scope="session")
def mass(server):
    """An endpoint of the demo with one output column."""
    return server.endpoint("Penguin body mass", "northwind")


def pytest_collection_modifyitems(config, items):
    """Keeps the tests whose name holds one of the filters that `cargo xtask test` was given."""
    if not FILTERS:
        return
    kept = [item for item in items if any(word in item.nodeid for word in FILTERS)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def pytest_sessionfinish(session, exitstatus):
    """No test at all is a failure, unless a filter asked for others."""
    if FILTERS and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK
