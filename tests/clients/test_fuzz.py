"""A short run of fuzz.py: every kind of caller, all checks. The long one is `cargo xtask fuzz`."""

import pytest

import fuzz

CASES = 400


@pytest.mark.parametrize("role", fuzz.ROLES)
def test_no_case_breaks_the_rest_api(role):
    ran, failures = fuzz.run(role, CASES, seed=1)
    assert not failures, "\n".join(failures)
    assert ran >= CASES
