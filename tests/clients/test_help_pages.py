"""Help pages as a reader and a program see them: well-formed, linked, their sample code runs as it is."""

import os
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
import requests

VOID = {"meta", "link", "br"}


class Page(HTMLParser):
    """Fails on a tag that is not closed where it belongs; keeps ids, links and the attributes' names."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.attributes = [], [], [], set()
        self.feed(text)
        assert self.open == [], f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value)
            if name == "href":
                self.links.append(value)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes another tag"


def read(endpoint, name):
    response = requests.get(f"{endpoint.help_location}/{name}", timeout=60)
    assert response.status_code == 200 and response.headers["content-type"] == "text/html; charset=utf-8"
    return response.text


@pytest.mark.parametrize("name", ["score", "jobs", "update"])
@pytest.mark.parametrize("which", ["northwind", "default"])
def test_pages_are_well_formed_and_their_links_lead_somewhere(server, which, name):
    endpoint = server.endpoint("Penguin species", which)
    page = Page(read(endpoint, name))
    assert len(page.ids) == len(set(page.ids))
    assert not [name for name in page.attributes if name == "style" or name.startswith("on")]
    for link in page.links:
        address, _, anchor = urljoin(f"{endpoint.help_location}/{name}", link).partition("#")
        response = requests.get(address, timeout=60)
        assert response.status_code == 200, link
        assert not anchor or f'id="{anchor}"' in response.text, link


def test_the_default_endpoint_says_that_it_takes_no_models(server):
    assert "takes no models of its own" in read(server.endpoint("Penguin species", "default"), "update")


@pytest.mark.parametrize("key", ["the right one", "a wrong one"])
def test_the_python_sample_runs_as_it_is(species, tmp_path, key):
    code = re.search(r'id="code-snippet-python">\n(.*?)</pre>', read(species, "score"), re.S)[1]
    sample = tmp_path / "sample.py"
    sample.write_text(unescape(code), "utf-8")
    key = species.primary_key if key == "the right one" else "abc"
    done = subprocess.run(
        [sys.executable, sample], env={**os.environ, "PORTICO_KEY": key}, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    if key == "abc":
        assert "status code: 401" in done.stdout and "Invalid credentials provided." in done.stdout
        assert "x-ms-request-id" in done.stdout
    else:
        assert "'Adelie'" in done.stdout and "'Scored Labels'" in done.stdout
